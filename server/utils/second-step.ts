/** What the routes of the second factor share: cookies that may pass, and the session that takes the place of the one before. */
import type { H3Event } from 'h3'
import type { PublicUser } from '../../shared/user.ts'
import { authOf } from '../auth.ts'
import { readCode, spendCode } from '../domain/second-factor.ts'
import { endOtherSessions, endSession, linkGuest } from '../domain/users.ts'
import type { Services } from '../services.ts'
import { authHeaders, callAuth, endWhenAnswered, passCookies } from './auth-call.ts'
import { requestIdOf } from './request.ts'
import { findSession, sessionUser } from './session.ts'

const nameOf = (cookie: string): string => cookie.trim().split('=')[0] ?? ''

const stepCookie = async (services: Services): Promise<string> => (await authOf(services).$context).createAuthCookie('two_factor').name

/** After the password: lets the browser take the second step, and leaves it the session it has, a guest's for example. */
export async function beginSecondStep(event: H3Event, services: Services, headers: Headers): Promise<void> {
  const name = await stepCookie(services)
  const passed = new Headers()
  for (const cookie of headers.getSetCookie()) if (nameOf(cookie) === name) passed.append('set-cookie', cookie)
  passCookies(event, passed)
}

/** The second step. The library sees that step's cookie alone: with a session beside it, it would take the code for that session's user. */
export async function takeSecondStep(event: H3Event, services: Services, typed: string): Promise<{ user: PublicUser }> {
  const [name, before, headers] = [await stepCookie(services), await findSession(event.headers), authHeaders(event, services)]
  headers.set('cookie', (headers.get('cookie') ?? '').split(';').filter(cookie => nameOf(cookie) === name).join(';'))
  const { kind, code } = readCode(typed)
  const { api } = authOf(services)
  const options = { body: { code }, headers, returnHeaders: true } as const
  const answer = await callAuth(kind === 'app' ? api.verifyTOTP(options) : api.verifyBackupCode(options))
  const { user } = answer.response
  const entered = await sessionIn(answer.headers)
  try {
    if (kind === 'app') await spendCode(services, user.id, code)
  }
  catch (error) {
    if (entered) await endSession(services, entered.user, entered.sessionId)
    throw error
  }
  passCookies(event, answer.headers)
  if (before?.user.guest) await linkGuest(services, { guestId: before.user.id, userId: user.id })
  else if (before) await endSession(services, before.user, before.sessionId).catch(() => {})
  services.log.info({ requestId: requestIdOf(event), userId: user.id, secondFactor: kind }, 'signed in')
  return { user: entered?.user ?? sessionUser(user) }
}

/** The session that an answer of the library makes a browser have. */
const sessionIn = (headers: Headers) =>
  findSession(new Headers({ cookie: headers.getSetCookie().map(cookie => cookie.split(';')[0] ?? '').filter(cookie => !cookie.endsWith('=')).join('; ') }))

/** This browser has a new session in place of `sessionId`; every other session ends too if `others` shall. */
export async function replaceSession(event: H3Event, services: Services, headers: Headers, { sessionId, others }: { sessionId: string, others: boolean }): Promise<void> {
  const entered = await sessionIn(headers)
  passCookies(event, headers)
  if (entered && others) await endOtherSessions(services, entered.user, entered.sessionId)
  endWhenAnswered(event, services, [sessionId])
}
