import { z } from 'zod'
import { Id } from '../../../../shared/ids.ts'
import { documentText } from '../../../domain/media.ts'
import { defineUserRoute } from '../../../utils/route.ts'

export default defineUserRoute({
  summary: 'The text that was read from a document',
  refuses: ['media_not_found'],
  params: z.strictObject({ id: Id }), answer: z.object({ text: z.string() }),
}, ({ services, user, params }) =>
  documentText(services, user, params.id))
