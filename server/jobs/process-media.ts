/** Makes an uploaded file usable: a reply that waits for it may go once it is `ready`. */
import { changeProcessing, findMedia } from '../../db/queries/media.ts'
import { announce, touch, type MediaNews } from '../domain/media-news.ts'
import { admitReplies } from '../domain/replies.ts'
import type { JobPayload } from '../queue/job-types.ts'
import type { Services } from '../services.ts'

export async function processMedia(services: Services, { mediaId }: JobPayload<'process-media'>): Promise<void> {
  const news = await services.database.db.transaction(async (tx): Promise<MediaNews[]> => {
    const row = await findMedia(tx, mediaId)
    const changed = row ? await changeProcessing(tx, row.filePath, { status: 'ready', progress: 100 }) : []
    const told = []
    for (const one of changed) told.push(await touch(tx, one))
    for (const { conversationId } of told) if (conversationId) await admitReplies(services, tx, { conversationId })
    return told
  })
  await announce(services, news)
}
