import { z } from 'zod'
import { Id } from '../../../../../../shared/ids.ts'
import { MediaView } from '../../../../../../shared/media.ts'
import { readAloud } from '../../../../../domain/speech.ts'
import { limit } from '../../../../../utils/limits.ts'
import { defineUserRoute } from '../../../../../utils/route.ts'
import { finishAfter, wake } from '../../../../../utils/wake.ts'

export default defineUserRoute(
  {
    summary: 'Have a reply read aloud; asked again, the same reading',
    refuses: [
      'conversation_not_found', 'message_not_found', 'speech_not_offered', 'speech_no_words', 'speech_not_finished', 'speech_too_long',
      'too_many_requests',
    ],
    params: z.strictObject({ id: Id, messageId: Id }), answer: z.object({ media: MediaView }),
  },
  async ({ services, event, user, params }) => {
    await limit(services, event, 'speech.user', user.id)
    const asked = await readAloud(services, user, params.id, params.messageId)
    finishAfter(event, wake(services))
    return asked
  },
)
