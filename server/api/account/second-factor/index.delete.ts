import { z } from 'zod'
import { CurrentPassword } from '../../../../shared/user.ts'
import { authOf } from '../../../auth.ts'
import { authHeaders, callAuth, refuseGuest } from '../../../utils/auth-call.ts'
import { limit } from '../../../utils/limits.ts'
import { defineUserRoute } from '../../../utils/route.ts'
import { replaceSession } from '../../../utils/second-step.ts'

export default defineUserRoute({
  summary: 'Ask no second factor of me any more',
  refuses: ['password_wrong', 'second_factor_off', 'too_many_requests'],
  body: z.strictObject({ password: CurrentPassword }), answer: z.object({ ok: z.literal(true) }),
}, async ({ services, event, user, sessionId, body }) => {
  await limit(services, event, 'password.user', user.id)
  refuseGuest(user)
  const { headers } = await callAuth(authOf(services).api.disableTwoFactor({ body, headers: authHeaders(event, services), returnHeaders: true }))
  await replaceSession(event, services, headers, { sessionId, others: false })
  return { ok: true }
})
