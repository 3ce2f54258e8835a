/** Rows as the browser sees them. Fields are listed one by one: nothing of a row leaves by accident. */
import { deltasOf } from '../../db/queries/deltas.ts'
import { listMediaOfMessages, type MediaRow } from '../../db/queries/media.ts'
import { line, type MessageRow } from '../../db/queries/messages.ts'
import type { ListedConversation } from '../../db/queries/conversations.ts'
import { assemble, textOf } from '../../shared/chunks.ts'
import { isOpen, type ConversationView, type Cursor, type MessageView, type Part } from '../../shared/conversation.ts'
import { joined } from '../../shared/follow.ts'
import type { Services } from '../services.ts'
import { viewAll } from './media.ts'

export const viewConversation = (row: ListedConversation): ConversationView => ({
  id: row.id,
  title: row.title,
  model: row.model,
  instructions: row.instructions,
  activeMessageId: row.activeMessageId,
  pinnedAt: row.pinnedAt?.getTime() ?? null,
  archivedAt: row.archivedAt?.getTime() ?? null,
  seq: row.seq,
  createdAt: row.createdAt.getTime(),
  updatedAt: row.updatedAt.getTime(),
  busy: row.busy,
})

/** What was stored of replies that are still open, and how far that reaches. */
async function storedSoFar(services: Services, open: readonly Pick<MessageRow, 'id' | 'epoch'>[]): Promise<Map<string, { parts: Part[], cursor: Cursor }>> {
  // Before its first take nothing can be stored of a reply.
  const deltas = Map.groupBy(await deltasOf(services.database.db, open.filter(row => row.epoch > 0).map(row => row.id)), delta => delta.messageId)
  return new Map(open.map((row) => {
    const stored = joined(1, (deltas.get(row.id) ?? []).filter(delta => delta.epoch === row.epoch))
    return [row.id, { parts: assemble(stored.flatMap(delta => delta.chunks)).parts, cursor: { epoch: row.epoch, n: stored.at(-1)?.upto ?? 0 } }]
  }))
}

/** Places in line, from 1, of the waiting replies among the rows. */
export async function positionsOf(services: Services, rows: readonly Pick<MessageRow, 'id' | 'status' | 'model'>[]): Promise<Map<string, number>> {
  const models = new Set(rows.flatMap(row => row.status === 'waiting' && row.model ? [row.model] : []))
  const positions = new Map<string, number>()
  for (const model of models)
    for (const [index, waiting] of (await line(services.database.db, model)).entries()) positions.set(waiting.id, index + 1)
  return positions
}

/** What of a row the browser sees as it is. */
const plainFields = (row: MessageRow) => ({
  id: row.id, conversationId: row.conversationId, parentId: row.parentId, role: row.role, messageType: row.messageType,
  status: row.status, attempt: row.attempt, model: row.model, usage: row.usage, error: row.error, attempts: row.attempts,
  seq: row.seq, createdAt: row.createdAt.getTime(), nextTryAt: row.nextTryAt?.getTime() ?? null, finishedAt: row.finishedAt?.getTime() ?? null,
})

interface Beside { media: readonly MediaRow[], position: number | null, stored: { parts: Part[], cursor: Cursor } | undefined }

async function viewMessage(services: Services, row: MessageRow, { media, position, stored }: Beside): Promise<MessageView> {
  const plain = { ...plainFields(row), media: await viewAll(services, media), position }
  // Of a writer that is gone too, parts stay as open as they were left: late deltas of it may still be on their way.
  return stored
    ? { ...plain, content: textOf(stored.parts), ...stored }
    : { ...plain, content: row.content, parts: row.parts, cursor: { epoch: row.epoch, n: 0 } }
}

export async function viewMessages(services: Services, rows: readonly MessageRow[]): Promise<MessageView[]> {
  if (rows.length === 0) return []
  const media = Map.groupBy(await listMediaOfMessages(services.database.db, rows.map(row => row.id)), item => item.messageId)
  const positions = await positionsOf(services, rows)
  const stored = await storedSoFar(services, rows.filter(row => isOpen(row.status)))
  return Promise.all(rows.map(row => viewMessage(services, row, { media: media.get(row.id) ?? [], position: positions.get(row.id) ?? null, stored: stored.get(row.id) })))
}
