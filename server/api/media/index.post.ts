import { z } from 'zod'
import { MediaView, TicketInput, UploadTicket } from '../../../shared/media.ts'
import { askTicket } from '../../domain/media-upload.ts'
import { limit } from '../../utils/limits.ts'
import { defineUserRoute } from '../../utils/route.ts'

const answer = z.object({ media: MediaView, ticket: UploadTicket.nullable() })

export default defineUserRoute({
  summary: 'Ask for permission to upload a file',
  refuses: ['id_not_usable', 'media_too_large', 'storage_full', 'store_unreachable', 'too_many_requests'],
  body: TicketInput, answer,
}, async ({ services, event, user, body }) => {
  await limit(services, event, 'ticket.user', user.id)
  return askTicket(services, user, body)
})
