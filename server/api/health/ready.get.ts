import { setResponseStatus } from 'h3'
import { z } from 'zod'
import { isReady } from '../../domain/health.ts'
import { isDraining } from '../../utils/readiness.ts'
import { definePublicRoute } from '../../utils/route.ts'

/** Requests can be answered (200) or can't just now (503): starting, shutting down, or without its database. Send visitors elsewhere then; restarting would not help. */
export default definePublicRoute({ summary: 'Readiness', early: true, answer: z.object({ ok: z.boolean() }) }, async ({ services, event }) => {
  const ok = !isDraining() && await isReady(services)
  if (!ok) setResponseStatus(event, 503)
  return { ok }
})
