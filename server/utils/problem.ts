/** The one translator from whatever was thrown to what the browser is told. */
import { isError as isH3Error } from 'h3'
import { z } from 'zod'
import type { ErrorCode, Problem } from '../../shared/errors.ts'
import { AppError } from '../domain/errors.ts'
import type { Log } from '../log.ts'

export interface Refusal { status: number, problem: Problem }

/** Says which field is wrong and how, from the first thing zod found. */
export function refusedInput(error: z.ZodError): AppError {
  const issue = error.issues[0]
  const path = issue?.path.map(String) ?? []
  // A refused key is not in the path of an `unrecognized_keys` issue, and it is what a person has to look for.
  const field = [...path, ...(issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])].join('.')
  return new AppError('invalid_input', {
    details: { problem: `${field ? `“${field.slice(0, 100)}”: ` : ''}${issue?.message ?? 'it is not valid'}` },
    ...(field ? { field: field.slice(0, 200) } : {}),
    cause: error,
  })
}

/** h3 and Nitro throw errors of their own for unknown paths, methods and malformed requests. */
const codeOfStatus: Record<number, ErrorCode> = { 401: 'not_signed_in', 404: 'not_found', 405: 'method_not_allowed', 413: 'too_large', 429: 'too_many_requests', 503: 'unavailable' }

function expected(error: unknown): AppError | null {
  if (error instanceof AppError) return error
  if (error instanceof z.ZodError) return refusedInput(error)
  if (isH3Error(error) && !error.unhandled && error.cause instanceof AppError) return error.cause
  if (!isH3Error(error) || error.unhandled) return null
  const code = codeOfStatus[error.statusCode]
  if (code) return new AppError(code)
  return error.statusCode < 500 ? new AppError('invalid_input', { details: { problem: 'the request is malformed' } }) : null
}

/**
 * What to answer for an error. Expected ones keep their code and sentence; anything else is a bug: it is logged here,
 * once, and told as `internal` without a detail.
 */
export function refusalOf(error: unknown, log: Pick<Log, 'error'>, facts: Record<string, unknown>): Refusal {
  const known = expected(error)
  if (known) return { status: known.status, problem: known.toProblem() }
  log.error({ ...facts, err: isH3Error(error) && error.cause instanceof Error ? error.cause : error }, 'request failed')
  const internal = new AppError('internal')
  return { status: internal.status, problem: internal.toProblem() }
}
