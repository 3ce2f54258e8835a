import { z } from 'zod'
import { Id } from '../../../shared/ids.ts'
import { endSession } from '../../domain/users.ts'
import { defineUserRoute } from '../../utils/route.ts'

export default defineUserRoute({
  summary: 'End one of my sessions',
  refuses: ['not_found'],
  params: z.strictObject({ id: Id }), answer: z.object({ ok: z.literal(true) }),
}, async ({ services, user, params }) => {
  await endSession(services, user, params.id)
  return { ok: true }
})
