import { z } from 'zod'
import { MessagePage } from '../../../../shared/conversation.ts'
import { Id } from '../../../../shared/ids.ts'
import { readMessages } from '../../../domain/conversations.ts'
import { defineUserRoute } from '../../../utils/route.ts'

const query = z.strictObject({ before: Id.optional(), after: Id.optional(), around: Id.optional() })
  .refine(places => Object.values(places).filter(Boolean).length === 1, 'exactly one of before, after and around')

export default defineUserRoute(
  {
    summary: 'Messages of a branch before, after or around one of it',
    refuses: ['conversation_not_found', 'message_not_found'],
    params: z.strictObject({ id: Id }), query, answer: MessagePage,
  },
  ({ services, user, params, query: place }) => readMessages(services, user, params.id, place),
)
