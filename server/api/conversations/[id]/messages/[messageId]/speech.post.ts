import { z } from 'zod'
import { Id } from '../../../../../../shared/ids.ts'
import { MediaView } from '../../../../../../shared/media.ts'
import { readAloud } from '../../../../../domain/speech.ts'
import { limit } from '../../../../../utils/limits.ts'
import { defineUserRoute } from '../../../../../utils/route.ts'
import { finishAfter, wake } from '../../../../../utils/wake.ts'

export default defineUserRoute(
  { summary: 'Have a reply read aloud; asked again, the same reading', params: z.strictObject({ id: Id, messageId: Id }), answer: z.object({ media: MediaView }) },
  async ({ services, event, user, params }) => {
    await limit(services, event, 'speech.user', user.id)
    const asked = await readAloud(services, user, params.id, params.messageId)
    finishAfter(event, wake(services))
    return asked
  },
)
