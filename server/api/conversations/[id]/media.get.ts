import { z } from 'zod'
import { Id } from '../../../../shared/ids.ts'
import { MediaView } from '../../../../shared/media.ts'
import { ownConversation } from '../../../domain/access.ts'
import { galleryOf } from '../../../domain/media.ts'
import { defineUserRoute } from '../../../utils/route.ts'

export default defineUserRoute(
  {
    summary: 'The files of a conversation, newest first',
    refuses: ['conversation_not_found'],
    params: z.strictObject({ id: Id }), answer: z.object({ media: z.array(MediaView) }),
  },
  async ({ services, user, params }) => galleryOf(services, await ownConversation(services.database.db, user, params.id)),
)
