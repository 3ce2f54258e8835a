import { z } from 'zod'
import { Id } from '../../../../shared/ids.ts'
import { PartsInput, PartsView } from '../../../../shared/media.ts'
import { askParts } from '../../../domain/media-upload.ts'
import { defineUserRoute } from '../../../utils/route.ts'

export default defineUserRoute({
  summary: 'Addresses for parts of a large file, and which have arrived',
  refuses: ['media_not_found', 'store_unreachable'],
  params: z.strictObject({ id: Id }), body: PartsInput, answer: PartsView,
}, ({ services, user, params, body }) =>
  askParts(services, user, params.id, body.numbers))
