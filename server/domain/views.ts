/** Rows as the browser sees them. Fields are listed one by one: nothing of a row leaves by accident. */
import { deltasFrom } from '../../db/queries/deltas.ts'
import { listMediaOfMessages, type MediaRow } from '../../db/queries/media.ts'
import { line, type MessageRow } from '../../db/queries/messages.ts'
import type { ListedConversation } from '../../db/queries/conversations.ts'
import { assemble, textOf } from '../../shared/chunks.ts'
import { isOpen, type ConversationView, type Cursor, type MessageView, type Part } from '../../shared/conversation.ts'
import type { Services } from '../services.ts'
import { viewMedia } from './media.ts'

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

/** What was stored of a reply that is still open, and how far that reaches. */
export async function storedSoFar(services: Services, row: Pick<MessageRow, 'id' | 'epoch'>): Promise<{ parts: Part[], cursor: Cursor }> {
  const stored = await deltasFrom(services.database.db, row.id, row.epoch, 1)
  return {
    parts: assemble(stored.flatMap(delta => delta.chunks)).parts,
    cursor: { epoch: row.epoch, n: stored.at(-1)?.upto ?? 0 },
  }
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

async function viewMessage(services: Services, row: MessageRow, media: readonly MediaRow[], position: number | null): Promise<MessageView> {
  const views = await Promise.all(media.map(item => viewMedia(services, item)))
  const plain = { ...plainFields(row), media: views, position }
  if (!isOpen(row.status)) return { ...plain, content: row.content, parts: row.parts, cursor: { epoch: row.epoch, n: 0 } }
  // Of a writer that is gone too, parts stay as open as they were left: late deltas of it may still be on their way.
  const { parts, cursor } = await storedSoFar(services, row)
  return { ...plain, content: textOf(parts), parts, cursor }
}

export async function viewMessages(services: Services, rows: readonly MessageRow[]): Promise<MessageView[]> {
  const media = Map.groupBy(await listMediaOfMessages(services.database.db, rows.map(row => row.id)), item => item.messageId)
  const positions = await positionsOf(services, rows)
  return Promise.all(rows.map(row => viewMessage(services, row, media.get(row.id) ?? [], positions.get(row.id) ?? null)))
}
