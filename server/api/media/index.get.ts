import { z } from 'zod'
import { Id } from '../../../shared/ids.ts'
import { MediaView } from '../../../shared/media.ts'
import { freshMedia } from '../../domain/media.ts'
import { defineUserRoute } from '../../utils/route.ts'

const query = z.strictObject({ ids: z.string().transform(list => list.split(',')).pipe(z.array(Id).min(1).max(100)) })

export default defineUserRoute({ summary: 'Files with fresh addresses', query, answer: z.object({ media: z.array(MediaView) }) }, ({ services, user, query }) =>
  freshMedia(services, user, query.ids))
