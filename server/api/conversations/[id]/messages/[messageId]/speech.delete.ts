import { z } from 'zod'
import { Id } from '../../../../../../shared/ids.ts'
import { stopSpeech } from '../../../../../domain/speech.ts'
import { defineUserRoute } from '../../../../../utils/route.ts'

export default defineUserRoute(
  {
    summary: 'Make no more of a reading; what was made of it stays',
    refuses: ['conversation_not_found', 'message_not_found'],
    params: z.strictObject({ id: Id, messageId: Id }), answer: z.object({}),
  },
  async ({ services, user, params }) => {
    await stopSpeech(services, user, params.id, params.messageId)
    return {}
  },
)
