import { z } from 'zod'
import { Id } from '../../../../shared/ids.ts'
import { deleteMedia } from '../../../domain/media-storage.ts'
import { defineUserRoute } from '../../../utils/route.ts'

export default defineUserRoute({
  summary: 'Delete a file, wherever it is shown',
  refuses: ['media_not_found'],
  params: z.strictObject({ id: Id }), answer: z.object({}),
}, async ({ services, user, params }) => {
  await deleteMedia(services, user, params.id)
  return {}
})
