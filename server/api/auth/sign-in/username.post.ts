import { z } from 'zod'
import { PublicUser, usernameLength, passwordLength } from '../../../../shared/user.ts'
import { authOf } from '../../../auth.ts'
import { giveBackTurns } from '../../../domain/users.ts'
import { answerSignedIn, authHeaders, placeOfRequest } from '../../../utils/auth-call.ts'
import { limit, limitKey } from '../../../utils/limits.ts'
import { definePublicRoute } from '../../../utils/route.ts'

// Only lengths are checked here: what a name may look like is no business of somebody who guesses.
const SignIn = z.strictObject({ username: z.string().trim().min(1).max(usernameLength.max), password: z.string().min(1).max(passwordLength.max) })

/** Signs in with username and password. What a guest had so far comes along. */
export default definePublicRoute({ summary: 'Sign in', body: SignIn, answer: z.object({ user: PublicUser }) }, async ({ services, event, body }) => {
  const place = placeOfRequest(event, services)
  const account = body.username.toLowerCase()
  // Counted before the password is looked at, so that many tries at once are no way around.
  await limit(services, event, 'sign-in.place', place)
  await limit(services, event, 'sign-in.account-place', `${account} ${place}`)
  await limit(services, event, 'sign-in.account', account)
  const answer = await answerSignedIn(event, services, authOf(services).api.signInUsername({ body, headers: authHeaders(event, services), returnHeaders: true }) as never)
  await giveBackTurns(services, [limitKey('sign-in.account-place', `${account} ${place}`)])
  return answer
})
