import { setResponseStatus } from 'h3'
import { z } from 'zod'
import { readHealth } from '../../domain/health.ts'
import { isOperator } from '../../utils/operator.ts'
import { definePublicRoute } from '../../utils/route.ts'

const Answer = z.object({
  ok: z.boolean(),
  database: z.object({ ok: z.boolean() }).optional(),
  queue: z.object({ ok: z.boolean(), workers: z.number().nullable(), ready: z.number(), oldestMs: z.number(), running: z.number(), dead: z.number() }).optional(),
  store: z.object({ ok: z.boolean(), problems: z.array(z.string()) }).optional(),
})

/** How database, queue and store are. Only the operator (`METRICS_TOKEN`, or this very machine) is told more than yes or no. */
export default definePublicRoute({ summary: 'Health', early: true, answer: Answer }, async ({ services, event }) => {
  const { ready, ...health } = await readHealth(services)
  if (!ready) setResponseStatus(event, 503)
  return isOperator(event, services.config) ? health : { ok: health.ok }
})
