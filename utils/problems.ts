/** Refusals and losses, as the browser meets them. */
import type { ErrorCode, Problem } from '../shared/errors.ts'

/** The server said no, and why. */
export class RefusedError extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

/** Nobody knows whether it arrived: there was no line, or no answer in time. Sending again is harmless. */
export class LostError extends Error {}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string' && 'message' in value && typeof value.message === 'string'

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** Finds the problem in whatever was thrown: our own answer within a fetch error, a refusal of the accounts library, or none. */
export function findProblem(error: unknown): Problem | null {
  if (error instanceof RefusedError) return error.problem
  const body = field(error, 'data') ?? error
  for (const candidate of [field(body, 'error'), field(body, 'data'), field(field(body, 'data'), 'error'), body])
    if (isProblem(candidate)) return candidate
  return null
}

/** What was asked for does not exist, or is somebody else's: asking again changes nothing. */
export const isMissing = (error: unknown): boolean => findProblem(error)?.code.endsWith('_not_found') ?? false

const statusOf = (error: unknown): number | null => {
  const status = field(error, 'statusCode') ?? field(error, 'status')
  return typeof status === 'number' ? status : null
}

/** A sentence for people, for anything that was thrown. */
export function sentenceFor(error: unknown): string {
  const problem = findProblem(error)
  if (problem) return problem.message
  const status = statusOf(error)
  if (error instanceof LostError || status === null) return navigator.onLine === false ? 'You are offline. Try again when you are back.' : 'The server could not be reached. Try again in a moment.'
  if (status === 429) return 'That was too fast. Please wait a moment and try again.'
  if (status === 413) return 'That is too large to be taken.'
  return status >= 500 ? 'Something went wrong on our side. Please try again.' : 'That did not work. Please try again.'
}

const passing: readonly (ErrorCode | string)[] = ['too_many_requests', 'too_many_replies', 'unavailable', 'not_signed_in', 'store_unreachable']

/** True when the same request may well work in a moment, so nobody has to be troubled yet. */
export const isPassing = (problem: Problem): boolean => passing.includes(problem.code)
