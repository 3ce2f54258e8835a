/** Rows of the list of conversations. Pure. */
import type { ConversationView } from '../shared/conversation.ts'
import type { OutboxEntry } from './outbox.ts'

/** The list with a row that was told; an older one than what is known changes nothing. */
export function takeRow(rows: ConversationView[], row: ConversationView): ConversationView[] {
  const at = rows.findIndex(known => known.id === row.id)
  if (at < 0) return [...rows, row]
  return (rows[at]?.seq ?? 0) > row.seq ? rows : rows.with(at, row)
}

const begun = (entry: OutboxEntry): ConversationView => ({
  id: entry.command.conversationId, title: null, model: null, instructions: null, activeMessageId: null,
  pinnedAt: null, archivedAt: null, seq: 0, createdAt: entry.at, updatedAt: entry.at, busy: entry.state !== 'refused',
})

function lay(rows: ConversationView[], entry: OutboxEntry): ConversationView[] {
  const { command } = entry
  const at = rows.findIndex(row => row.id === command.conversationId)
  const row = rows[at]
  if (command.type === 'conversation.delete') return row ? rows.toSpliced(at, 1) : rows
  if (command.type === 'message.send') return row ? rows.with(at, { ...row, updatedAt: Math.max(row.updatedAt, entry.at) }) : [...rows, begun(entry)]
  if (command.type !== 'conversation.change' || !row || entry.state === 'refused') return rows
  const { title, pinned, archived } = command
  return rows.with(at, {
    ...row,
    ...(title === undefined ? {} : { title }),
    ...(pinned === undefined ? {} : { pinnedAt: pinned ? row.pinnedAt ?? entry.at : null }),
    ...(archived === undefined ? {} : { archivedAt: archived ? row.archivedAt ?? entry.at : null }),
  })
}

/** The list with what the person has just done laid over it. */
export const layOverList = (rows: ConversationView[], entries: readonly OutboxEntry[]): ConversationView[] => entries.reduce(lay, rows)
