/** What takes room, and how a person gives it back. */
import * as queries from '../../db/queries/media.ts'
import type { StorageView } from '../../shared/media.ts'
import type { Services } from '../services.ts'
import type { SessionUser } from './access.ts'
import { announce, touch, type MediaNews } from './media-news.ts'
import { ownMedia, viewMedia } from './media.ts'
import { removeObjects } from './remove-objects.ts'
import { admitReplies } from './replies.ts'

const pageSize = 50

/** The biggest first, fifty at a time. */
export async function storageUse({ database: { db }, store, config }: Services, user: Pick<SessionUser, 'id'>, offset: number): Promise<StorageView> {
  const { bytes, count } = await queries.countStored(db, user.id)
  const biggest = await queries.listBiggest(db, user.id, pageSize + 1, offset)
  return {
    usedBytes: bytes, limitBytes: config.env.MEDIA_QUOTA_BYTES, count,
    media: await Promise.all(biggest.slice(0, pageSize).map(async row => ({ ...await viewMedia({ store }, row), storedBytes: row.storedBytes }))),
    more: biggest.length > pageSize,
  }
}

/** Deletes a file wherever it is shown: rows now, objects by a job that is retried until done. */
export async function deleteMedia(services: Services, user: Pick<SessionUser, 'id'>, id: string): Promise<void> {
  const { database: { db }, queue } = services
  const news = await db.transaction(async (tx) => {
    const row = await ownMedia(tx, user, id)
    const conversationIds = await queries.lockConversationsOf(tx, row.filePath)
    const shown = await queries.listMediaByPath(tx, row.filePath)
    const told: MediaNews[] = []
    for (const each of shown) told.push(await touch(tx, each))
    await queries.insertTombstones(tx, shown.map(each => each.id))
    await queries.deleteMediaRows(tx, shown.map(each => each.id))
    await removeObjects(queue, tx, [queries.prefixOf(row.filePath)])
    for (const conversationId of conversationIds) await admitReplies(services, tx, { conversationId })
    return told
  })
  await announce(services, news)
}
