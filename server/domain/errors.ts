import { errors, sentence, type ErrorCode, type Problem } from '../../shared/errors.ts'

/** An expected failure: it has a code of shared/errors.ts and is told to the person. Anything else that is thrown is a bug. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly field: string | undefined

  constructor(code: ErrorCode, options: { details?: Record<string, string | number>, field?: string, cause?: unknown } = {}) {
    super(sentence(code, options.details), options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.field = options.field
  }

  get status(): number {
    return errors[this.code].status
  }

  toProblem(): Problem {
    return { code: this.code, message: this.message, ...(this.field === undefined ? {} : { field: this.field }) }
  }
}
