import { z } from 'zod'
import { MediaView, TicketInput, UploadTicket } from '../../../shared/media.ts'
import { askTicket } from '../../domain/media-upload.ts'
import { defineUserRoute } from '../../utils/route.ts'

const answer = z.object({ media: MediaView, ticket: UploadTicket.nullable() })

export default defineUserRoute({ summary: 'Ask for permission to upload a file', body: TicketInput, answer }, ({ services, user, body }) =>
  askTicket(services, user, body))
