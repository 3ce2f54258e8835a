import { z } from 'zod'
import { Id } from '../../shared/ids.ts'
import { search } from '../domain/search.ts'
import { limit } from '../utils/limits.ts'
import { defineUserRoute } from '../utils/route.ts'

const Query = z.strictObject({ q: z.string().trim().min(1).max(200), before: z.coerce.number().int().min(1).optional() })
const Answer = z.object({
  results: z.array(z.object({
    conversationId: Id,
    /** Null when the words stand in the conversation's title. */
    messageId: Id.nullable(),
    title: z.string().nullable(),
    excerpt: z.string(),
    /** Where the words stand in `excerpt`: [start, end) in UTF-16 units. */
    marks: z.array(z.tuple([z.number(), z.number()])),
    createdAt: z.number(),
  })),
  /** Give it as `before` for the results after these; null when there are no more. */
  next: z.number().nullable(),
})

export default defineUserRoute({
  summary: 'Search my conversations',
  refuses: ['too_many_requests'],
  query: Query, answer: Answer,
}, async ({ services, event, user, query }) => {
  await limit(services, event, 'search.user', user.id)
  return search(services, user, query.q, query.before)
})
