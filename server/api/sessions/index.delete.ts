import { z } from 'zod'
import { endOtherSessions } from '../../domain/users.ts'
import { defineUserRoute } from '../../utils/route.ts'

export default defineUserRoute({ summary: 'Sign out everywhere else', answer: z.object({ ok: z.literal(true) }) }, async ({ services, user, sessionId }) => {
  await endOtherSessions(services, user, sessionId)
  return { ok: true }
})
