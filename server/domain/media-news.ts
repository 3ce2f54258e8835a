/** How others hear of a change of media: the message's `seq` in the transaction, the bus after it. */
import * as queries from '../../db/queries/media.ts'
import type { Tx } from '../../db/database.ts'
import type { Services } from '../services.ts'

export interface MediaNews { mediaId: string, userId: string, conversationId: string | null, seq: number | null }

/** Within the transaction that changed the row. */
export async function touch(tx: Tx, row: { id: string, userId: string, messageId: string | null }): Promise<MediaNews> {
  const touched = row.messageId === null ? null : await queries.touchMessage(tx, row.messageId)
  return { mediaId: row.id, userId: row.userId, conversationId: touched?.conversationId ?? null, seq: touched?.seq ?? null }
}

/** After the commit. */
export async function announce({ bus }: Pick<Services, 'bus'>, news: readonly MediaNews[]): Promise<void> {
  for (const { mediaId, userId, conversationId, seq } of news) {
    await bus.publish({ type: 'media', mediaId, userId, conversationId })
    if (conversationId !== null && seq !== null) await bus.publish({ type: 'changed', conversationId, userId, seq })
  }
}
