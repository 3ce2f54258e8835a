import { z } from 'zod'
import { CurrentPassword, Password } from '../../../shared/user.ts'
import { authOf } from '../../auth.ts'
import { sessionIds, tellEnded } from '../../domain/users.ts'
import { authHeaders, callAuth, endWhenAnswered, passCookies, refuseCommonPassword } from '../../utils/auth-call.ts'
import { limit } from '../../utils/limits.ts'
import { defineUserRoute } from '../../utils/route.ts'

const ChangePassword = z.strictObject({ currentPassword: CurrentPassword, newPassword: Password })

/** Changes the password. Every session ends, and this browser gets a new one. */
export default defineUserRoute({
  summary: 'Change the password',
  refuses: ['password_wrong', 'password_common', 'too_many_requests'],
  body: ChangePassword, answer: z.object({ ok: z.literal(true) }),
}, async ({ services, event, user, sessionId, body }) => {
  await limit(services, event, 'password.user', user.id)
  refuseCommonPassword(body.newPassword, user.username, 'newPassword')
  const before = await sessionIds(services, user)
  const { headers } = await callAuth(authOf(services).api.changePassword({
    body: { ...body, revokeOtherSessions: true }, headers: authHeaders(event, services), returnHeaders: true,
  }))
  passCookies(event, headers)
  await tellEnded(services, before.filter(id => id !== sessionId))
  endWhenAnswered(event, services, [sessionId])
  return { ok: true }
})
