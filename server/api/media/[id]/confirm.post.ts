import { z } from 'zod'
import { Id } from '../../../../shared/ids.ts'
import { MediaView } from '../../../../shared/media.ts'
import { confirmUpload } from '../../../domain/media-upload.ts'
import { defineUserRoute } from '../../../utils/route.ts'
import { finishAfter, wake } from '../../../utils/wake.ts'

export default defineUserRoute({
  summary: 'Say that the bytes have been sent',
  refuses: ['media_not_found', 'media_incomplete', 'media_type_mismatch', 'media_type_refused', 'store_unreachable'],
  params: z.strictObject({ id: Id }), answer: z.object({ media: MediaView }),
}, async ({ services, user, params, event }) => {
  const confirmed = await confirmUpload(services, user, params.id)
  finishAfter(event, wake(services))
  return confirmed
})
