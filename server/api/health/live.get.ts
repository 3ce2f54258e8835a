import { z } from 'zod'
import { definePublicRoute } from '../../utils/route.ts'

/** The process is alive: it answers. Restart it when this doesn't. */
export default definePublicRoute({ summary: 'Liveness', early: true, answer: z.object({ ok: z.literal(true) }) }, () => ({ ok: true }))
