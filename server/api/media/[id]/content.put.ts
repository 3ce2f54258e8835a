import { z } from 'zod'
import { Id } from '../../../../shared/ids.ts'
import { MediaView } from '../../../../shared/media.ts'
import { uploadContent } from '../../../domain/media-upload.ts'
import { defineUserRoute } from '../../../utils/route.ts'

/** For browsers that cannot reach the store. The body is the file, streamed, never held. */
export default defineUserRoute({
  summary: 'Send a file through this server',
  refuses: ['media_not_found', 'media_incomplete', 'media_too_large', 'media_type_mismatch', 'media_type_refused', 'store_unreachable'],
  takes: 'application/octet-stream', params: z.strictObject({ id: Id }), answer: z.object({ media: MediaView }),
}, ({ services, user, params, event }) =>
  uploadContent(services, user, params.id, event.node.req))
