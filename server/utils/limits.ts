/** How often what costs something may be done. Counted in the database, so for all processes together. docs/security.md lists them. */
import { setResponseHeader, type H3Event } from 'h3'
import { AppError } from '../domain/errors.ts'
import { takeTurn, type Limit } from '../domain/users.ts'
import type { Services } from '../services.ts'
import { requestIdOf } from './request.ts'

const minute = 60_000

export const turnLimits = {
  /** Tries to sign in from one place, whatever the account. */
  'sign-in.place': { max: 60, windowMs: 10 * minute },
  /** Tries at one account from one place: a guesser runs dry here first, and the owner elsewhere is not locked out. */
  'sign-in.account-place': { max: 10, windowMs: 15 * minute },
  /** Tries at one account from everywhere, against a guesser with many addresses. */
  'sign-in.account': { max: 50, windowMs: 15 * minute },
  'sign-up.place': { max: 60, windowMs: 10 * minute },
  'guest.place': { max: 120, windowMs: 10 * minute },
  /** Password checks of somebody who is signed in already. */
  'password.user': { max: 10, windowMs: 15 * minute },
  /** As fast as a socket may talk for long. */
  'command.user': { max: 1800, windowMs: minute },
  /** Each makes a row, however few bytes it promises. */
  'ticket.user': { max: 600, windowMs: 10 * minute },
  'search.user': { max: 120, windowMs: minute },
  /** Replies that somebody wants read aloud: a reading costs as much as its reply. */
  'speech.user': { max: 120, windowMs: 10 * minute },
  'examples.user': { max: 10, windowMs: 10 * minute },
  /** Reads all that somebody has. */
  'export.user': { max: 60, windowMs: 10 * minute },
  'account.user': { max: 60, windowMs: 10 * minute },
} as const satisfies Record<string, Limit>

export type LimitName = keyof typeof turnLimits

export const limitKey = (name: LimitName, subject: string): string => `${name}:${subject}`

/** Takes one turn. @throws AppError `too_many_requests`, with `retry-after` set, when none is left. */
export async function limit(services: Services, event: H3Event, name: LimitName, subject: string): Promise<void> {
  const waitMs = await takeTurn(services, limitKey(name, subject), turnLimits[name])
  if (waitMs === 0) return
  setResponseHeader(event, 'retry-after', Math.ceil(waitMs / 1000))
  services.log.warn({ requestId: requestIdOf(event), limit: name }, 'limit reached')
  throw new AppError('too_many_requests')
}
