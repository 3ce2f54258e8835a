/** From our routes to the auth library's functions and back. */
import { APIError } from 'better-auth/api'
import { appendResponseHeader, getHeader, type H3Event } from 'h3'
import type { ErrorCode } from '../../shared/errors.ts'
import type { PublicUser } from '../../shared/user.ts'
import { addressHeader } from '../auth.ts'
import { commonPasswords } from '../domain/common-passwords.ts'
import { AppError } from '../domain/errors.ts'
import { endSession, tellEnded } from '../domain/users.ts'
import type { SessionUser } from '../domain/access.ts'
import type { Services } from '../services.ts'
import { clientAddress, placeOf, requestIdOf } from './request.ts'
import { findSession, sessionUser } from './session.ts'
import { finishAfter } from './wake.ts'

/** What the library may know of a request: its cookies, its browser's name, and its address as we judge it. */
export function authHeaders(event: H3Event, services: Services): Headers {
  const headers = new Headers({ [addressHeader]: clientAddress(event, services.config) })
  for (const name of ['cookie', 'user-agent']) {
    const value = getHeader(event, name)
    if (value) headers.set(name, value.slice(0, 4096))
  }
  return headers
}

/**
 * The same for somebody who comes in. A cookie of a session that is over is left out: the library would take it away in
 * the same answer, and with it the new one of the same name.
 */
export async function entryHeaders(event: H3Event, services: Services): Promise<Headers> {
  const headers = authHeaders(event, services)
  if (!await findSession(event.headers)) headers.delete('cookie')
  return headers
}

/** What a limit per place counts by. */
export const placeOfRequest = (event: H3Event, services: Services): string => placeOf(clientAddress(event, services.config))

const codes: Record<string, ErrorCode> = {
  INVALID_USERNAME_OR_PASSWORD: 'sign_in_refused',
  INVALID_PASSWORD: 'password_wrong',
  CREDENTIAL_ACCOUNT_NOT_FOUND: 'password_wrong',
  USERNAME_IS_ALREADY_TAKEN: 'username_taken',
  USER_ALREADY_EXISTS: 'username_taken',
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: 'username_taken',
  // Two sign-ups with one name at the same moment: the database lets one through.
  FAILED_TO_CREATE_USER: 'username_taken',
  // Names that nobody can have.
  INVALID_USERNAME: 'sign_in_refused',
  USERNAME_TOO_SHORT: 'sign_in_refused',
  USERNAME_TOO_LONG: 'sign_in_refused',
  INVALID_CODE: 'second_factor_refused',
  INVALID_BACKUP_CODE: 'second_factor_refused',
  BACKUP_CODES_NOT_ENABLED: 'second_factor_off',
  TOTP_NOT_ENABLED: 'second_factor_off',
  TWO_FACTOR_NOT_ENABLED: 'second_factor_off',
  TOTP_ALREADY_ENABLED: 'second_factor_on',
  INVALID_TWO_FACTOR_COOKIE: 'second_step_over',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'second_step_over',
  ACCOUNT_TEMPORARILY_LOCKED: 'too_many_requests',
  UNAUTHORIZED: 'not_signed_in',
}

/** Runs a function of the library; what it refuses becomes an error of ours. */
export async function callAuth<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  }
  catch (error) {
    const code = error instanceof APIError ? codes[error.body?.code ?? (error.status === 'UNAUTHORIZED' ? 'UNAUTHORIZED' : '')] : undefined
    throw code ? new AppError(code, { cause: error }) : error
  }
}

/** Passes on the cookies the library sets, and nothing else of its answer. */
export function passCookies(event: H3Event, headers: Headers): void {
  for (const cookie of headers.getSetCookie()) appendResponseHeader(event, 'set-cookie', cookie)
}

/**
 * Tells of sessions that this browser's new one has replaced, when the new cookie is on its way: its page asks who it is
 * as soon as its socket ends, and would ask with the old one.
 */
export function endWhenAnswered(event: H3Event, services: Services, sessionIds: string[]): void {
  const answered = new Promise(resolve => event.node.res.once('close', resolve))
  finishAfter(event, answered.then(() => tellEnded(services, sessionIds))
    .catch((error: unknown) => services.log.warn({ err: error }, 'the end of a session could not be told')))
}

interface SignedIn { headers: Headers, response: { user: Parameters<typeof sessionUser>[0] } }

/**
 * Signs somebody in: sets the cookie, ends the session the browser had before, and answers who it is. The token is in
 * the cookie alone, where no script can read it.
 */
export async function answerSignedIn(event: H3Event, services: Services, call: Promise<SignedIn>): Promise<{ user: PublicUser }> {
  const before = await findSession(event.headers)
  const { headers, response } = await callAuth(call)
  passCookies(event, headers)
  if (before && !before.user.guest) await endSession(services, before.user, before.sessionId).catch(() => {})
  services.log.info({ requestId: requestIdOf(event), userId: response.user.id }, 'signed in')
  return { user: sessionUser(response.user) }
}

/** @throws AppError `password_common` for one that any guesser tries first. */
export function refuseCommonPassword(password: string, username: string, field: string): void {
  const plain = password.toLowerCase()
  if (commonPasswords.has(plain) || plain === username.toLowerCase()) throw new AppError('password_common', { field })
}

/** @throws AppError `password_wrong`: a guest has none that could be asked for. */
export function refuseGuest(user: Pick<SessionUser, 'guest'>): void {
  if (user.guest) throw new AppError('password_wrong', { field: 'password' })
}
