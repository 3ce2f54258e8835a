import { z } from 'zod'
import { PublicUser, SecondFactorCode } from '../../../shared/user.ts'
import { placeOfRequest } from '../../utils/auth-call.ts'
import { limit } from '../../utils/limits.ts'
import { definePublicRoute } from '../../utils/route.ts'
import { takeSecondStep } from '../../utils/second-step.ts'

/** The second step of signing in: a code of the app, or one of the backup codes. Five tries, within ten minutes of the password. */
export default definePublicRoute({
  summary: 'Sign in: the second factor',
  refuses: ['second_factor_refused', 'second_step_over', 'second_factor_off', 'too_many_requests'],
  body: z.strictObject({ code: SecondFactorCode }), answer: z.object({ user: PublicUser }),
}, async ({ services, event, body }) => {
  await limit(services, event, 'sign-in.place', placeOfRequest(event, services))
  return takeSecondStep(event, services, body.code)
})
