import { z } from 'zod'
import { SecondFactorCode } from '../../../../shared/user.ts'
import { authOf } from '../../../auth.ts'
import { AppError } from '../../../domain/errors.ts'
import { hasSecondFactor, readCode, spendCode } from '../../../domain/second-factor.ts'
import { authHeaders, callAuth } from '../../../utils/auth-call.ts'
import { limit } from '../../../utils/limits.ts'
import { defineUserRoute } from '../../../utils/route.ts'
import { replaceSession } from '../../../utils/second-step.ts'

/** The app's first code: from now on it is asked for. Whoever is signed in elsewhere came by the password alone, and is signed out. */
export default defineUserRoute({
  summary: 'Confirm a second factor by its first code',
  refuses: ['second_factor_on', 'second_factor_off', 'second_factor_refused', 'too_many_requests'],
  body: z.strictObject({ code: SecondFactorCode }), answer: z.object({ ok: z.literal(true) }),
}, async ({ services, event, user, sessionId, body }) => {
  await limit(services, event, 'password.user', user.id)
  if (await hasSecondFactor(services, user)) throw new AppError('second_factor_on')
  const { code } = readCode(body.code)
  // Before it is looked at: once it is right there is no way back.
  await spendCode(services, user.id, code)
  const { headers } = await callAuth(authOf(services).api.verifyTOTP({ body: { code }, headers: authHeaders(event, services), returnHeaders: true }))
  await replaceSession(event, services, headers, { sessionId, others: true })
  return { ok: true }
})
