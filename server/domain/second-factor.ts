/** The second factor: a code of an authenticator app, or one of the codes that were written down for when it is lost. */
import { randomInt } from 'node:crypto'
import { findSecondFactor } from '../../db/queries/users.ts'
import type { Services } from '../services.ts'
import type { SessionUser } from './access.ts'
import { AppError } from './errors.ts'
import { takeTurn } from './users.ts'

/** Without letters and digits that look like others. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
const codeCount = 10
const codeLength = 10
/** A code of the app is right for three steps of 30 s; no longer does it have to be remembered. */
const codeLivesMs = 120_000

const withDash = (code: string): string => `${code.slice(0, codeLength / 2)}-${code.slice(codeLength / 2)}`

/** Ten codes of about 49 bits each. Each works once. */
export const makeBackupCodes = (): string[] =>
  Array.from({ length: codeCount }, () => withDash(Array.from({ length: codeLength }, () => letters[randomInt(letters.length)]).join('')))

/** What somebody typed, as what it must be: spaces, dashes and capitals don't matter. */
export function readCode(typed: string): { kind: 'app' | 'backup', code: string } {
  const code = typed.toLowerCase().replace(/[\s-]/g, '')
  return /^\d{6}$/.test(code) ? { kind: 'app', code } : { kind: 'backup', code: withDash(code) }
}

/**
 * An app's code is good once, although the clock would let it pass again (RFC 6238 §5.2).
 * @throws AppError `second_factor_refused` when it was used before
 */
export async function spendCode(services: Services, userId: string, code: string): Promise<void> {
  const spent = await takeTurn(services, `second-factor.spent:${userId} ${code}`, { max: 1, windowMs: codeLivesMs })
  if (spent > 0) throw new AppError('second_factor_refused', { field: 'code' })
}

/** Whether it is asked for when this person signs in. */
export async function hasSecondFactor({ database }: Services, user: Pick<SessionUser, 'id'>): Promise<boolean> {
  return (await findSecondFactor(database.db, user.id))?.verified === true
}
