import { z } from 'zod'
import { ConversationView } from '../../../shared/conversation.ts'
import { Id } from '../../../shared/ids.ts'
import { listConversations } from '../../domain/conversations.ts'
import { defineUserRoute } from '../../utils/route.ts'

const query = z.strictObject({ before: z.coerce.number().int().min(0).optional(), beforeId: Id.optional(), limit: z.coerce.number().int().min(1).max(100).default(50) })

export default defineUserRoute(
  { summary: 'Conversations, latest activity first', query, answer: z.object({ conversations: z.array(ConversationView), more: z.boolean() }) },
  ({ services, user, query: place }) => listConversations(services, user, place),
)
