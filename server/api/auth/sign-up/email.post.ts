import { z } from 'zod'
import { Password, PersonName, PublicUser, Username } from '../../../../shared/user.ts'
import { authOf, madeUpEmail } from '../../../auth.ts'
import { AppError } from '../../../domain/errors.ts'
import { answerSignedIn, entryHeaders, placeOfRequest, refuseCommonPassword } from '../../../utils/auth-call.ts'
import { limit } from '../../../utils/limits.ts'
import { definePublicRoute } from '../../../utils/route.ts'

const SignUp = z.strictObject({ username: Username, password: Password, name: PersonName.optional() })

/** Makes an account and signs in. A guest who signs up keeps everything. */
export default definePublicRoute({
  summary: 'Sign up',
  refuses: ['sign_up_closed', 'username_taken', 'password_common', 'too_many_requests'],
  body: SignUp, answer: z.object({ user: PublicUser }),
}, async ({ services, event, body }) => {
  if (!services.config.allowSignUp) throw new AppError('sign_up_closed')
  refuseCommonPassword(body.password, body.username, 'password')
  await limit(services, event, 'sign-up.place', placeOfRequest(event, services))
  const { username, password, name = username } = body
  return answerSignedIn(event, services, authOf(services).api.signUpEmail({
    body: { email: madeUpEmail(username), username, password, name }, headers: await entryHeaders(event, services), returnHeaders: true,
  }))
})
