import { z } from 'zod'
import { Snapshot } from '../../../../shared/conversation.ts'
import { Id } from '../../../../shared/ids.ts'
import { olderMessages } from '../../../domain/conversations.ts'
import { defineUserRoute } from '../../../utils/route.ts'

export default defineUserRoute(
  { summary: 'Messages of the branch before one of it', params: z.strictObject({ id: Id }), query: z.strictObject({ before: Id }), answer: Snapshot.omit({ conversation: true }) },
  ({ services, user, params, query }) => olderMessages(services, user, params.id, query.before),
)
