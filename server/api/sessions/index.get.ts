import { z } from 'zod'
import { listSessions } from '../../domain/users.ts'
import { defineUserRoute } from '../../utils/route.ts'

const SessionView = z.object({
  id: z.string(), current: z.boolean(), createdAt: z.number(), usedAt: z.number(), address: z.string().nullable(), userAgent: z.string().nullable(),
})

export default defineUserRoute({ summary: 'Where I am signed in', answer: z.object({ sessions: z.array(SessionView) }) },
  async ({ services, user, sessionId }) => ({ sessions: await listSessions(services, user, sessionId) }))
