import { z } from 'zod'
import { Id } from '../../shared/ids.ts'
import { seedExamples } from '../domain/examples.ts'
import { limit } from '../utils/limits.ts'
import { defineUserRoute } from '../utils/route.ts'

/** Fills in example conversations with a picture, a recording and a film; what is there stays as it is. */
export default defineUserRoute({
  summary: 'Make example conversations',
  refuses: ['storage_full', 'too_many_requests'],
  answer: z.object({ conversationIds: z.array(Id) }),
}, async ({ services, event, user }) => {
  await limit(services, event, 'examples.user', user.id)
  return { conversationIds: await seedExamples(services, user) }
})
