import { z } from 'zod'
import { CurrentPassword, PublicUser, usernameLength } from '../../../../shared/user.ts'
import { authOf } from '../../../auth.ts'
import { giveBackTurns } from '../../../domain/users.ts'
import { answerSignedIn, callAuth, entryHeaders, placeOfRequest } from '../../../utils/auth-call.ts'
import { limit, limitKey } from '../../../utils/limits.ts'
import { definePublicRoute } from '../../../utils/route.ts'
import { beginSecondStep } from '../../../utils/second-step.ts'

// Only lengths are checked here: what a name may look like is no business of somebody who guesses.
const SignIn = z.strictObject({ username: z.string().trim().min(1).max(usernameLength.max), password: CurrentPassword })
/** `secondFactor`: the password was right, and a code is asked for at `/api/auth/second-factor`; until then `user` is null. */
const Answer = z.object({ user: PublicUser.nullable(), secondFactor: z.boolean() })

/** Signs in with username and password. What a guest had so far comes along. */
export default definePublicRoute({
  summary: 'Sign in',
  refuses: ['sign_in_refused', 'too_many_requests'],
  body: SignIn, answer: Answer,
}, async ({ services, event, body }) => {
  const place = placeOfRequest(event, services)
  const account = body.username.toLowerCase()
  // Counted before the password is looked at, so that many tries at once are no way around.
  await limit(services, event, 'sign-in.place', place)
  await limit(services, event, 'sign-in.account-place', `${account} ${place}`)
  await limit(services, event, 'sign-in.account', account)
  const signedIn = await callAuth(authOf(services).api.signInUsername({ body, headers: await entryHeaders(event, services), returnHeaders: true }))
  await giveBackTurns(services, [limitKey('sign-in.account-place', `${account} ${place}`)])
  if ('twoFactorRedirect' in signedIn.response) {
    await beginSecondStep(event, services, signedIn.headers)
    return { user: null, secondFactor: true }
  }
  return { ...await answerSignedIn(event, services, Promise.resolve(signedIn) as never), secondFactor: false }
})
