import { z } from 'zod'
import { Snapshot } from '../../../../shared/conversation.ts'
import { Id } from '../../../../shared/ids.ts'
import { openConversation } from '../../../domain/conversations.ts'
import { defineUserRoute } from '../../../utils/route.ts'

export default defineUserRoute(
  {
    summary: 'A conversation and the end of its active branch',
    refuses: ['conversation_not_found'],
    params: z.strictObject({ id: Id }), answer: Snapshot,
  },
  ({ services, user, params }) => openConversation(services, user, params.id),
)
