import { z } from 'zod'
import { Password, passwordLength } from '../../../shared/user.ts'
import { authOf } from '../../auth.ts'
import { listSessions } from '../../domain/users.ts'
import { authHeaders, callAuth, passCookies, refuseCommonPassword } from '../../utils/auth-call.ts'
import { limit } from '../../utils/limits.ts'
import { defineUserRoute } from '../../utils/route.ts'

const ChangePassword = z.strictObject({ currentPassword: z.string().min(1).max(passwordLength.max), newPassword: Password })

/** Changes the password. Every session ends, and this browser gets a new one. */
export default defineUserRoute({ summary: 'Change the password', body: ChangePassword, answer: z.object({ ok: z.literal(true) }) },
  async ({ services, event, user, sessionId, body }) => {
    await limit(services, event, 'password.user', user.id)
    refuseCommonPassword(body.newPassword, user.username, 'newPassword')
    const before = await listSessions(services, user, sessionId)
    const { headers } = await callAuth(authOf(services).api.changePassword({
      body: { ...body, revokeOtherSessions: true }, headers: authHeaders(event, services), returnHeaders: true,
    }))
    passCookies(event, headers)
    await Promise.all(before.map(({ id }) => services.bus.publish({ type: 'session.ended', sessionId: id })))
    return { ok: true }
  })
