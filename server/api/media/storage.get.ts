import { z } from 'zod'
import { StorageView } from '../../../shared/media.ts'
import { storageUse } from '../../domain/media-storage.ts'
import { defineUserRoute } from '../../utils/route.ts'

const query = z.strictObject({ offset: z.coerce.number().int().min(0).max(1_000_000).default(0) })

export default defineUserRoute({ summary: 'What takes room, the biggest first', query, answer: StorageView }, ({ services, user, query }) =>
  storageUse(services, user, query.offset))
