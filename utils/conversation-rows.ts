/** Rows of the list of conversations. Pure. */
import type { ConversationView } from '../shared/conversation.ts'
import type { CommandOf } from '../shared/protocol.ts'
import type { OutboxEntry } from './outbox.ts'

/** The list with a row that was told; an older one than what is known changes nothing. */
export function takeRow(rows: ConversationView[], row: ConversationView): ConversationView[] {
  const at = rows.findIndex(known => known.id === row.id)
  if (at < 0) return [...rows, row]
  return (rows[at]?.seq ?? 0) > row.seq ? rows : rows.with(at, row)
}

const begun = (entry: OutboxEntry): ConversationView => ({
  id: entry.command.conversationId, title: null, model: null, instructions: null, activeMessageId: null,
  pinnedAt: null, archivedAt: null, seq: 0, createdAt: entry.at, updatedAt: entry.at, busy: entry.state === 'sending' || entry.state === 'accepted',
})

type Change = CommandOf<'conversation.change'>

/** What a change command makes of a conversation; `at` is when it was given. */
export function withChange(row: ConversationView, change: Change, at: number): ConversationView {
  const { title = row.title, model = row.model, instructions = row.instructions } = change
  const since = (wanted: boolean | undefined, before: number | null) => wanted === undefined ? before : wanted ? before ?? at : null
  return { ...row, title, model, instructions, pinnedAt: since(change.pinned, row.pinnedAt), archivedAt: since(change.archived, row.archivedAt) }
}

function lay(rows: ConversationView[], entry: OutboxEntry): ConversationView[] {
  const { command, at: givenAt } = entry
  const at = rows.findIndex(row => row.id === command.conversationId)
  const row = rows[at]
  if (!row) return command.type === 'message.send' ? [...rows, begun(entry)] : rows
  switch (command.type) {
    case 'conversation.delete': return rows.toSpliced(at, 1)
    case 'message.send': return rows.with(at, { ...row, updatedAt: Math.max(row.updatedAt, givenAt) })
    case 'conversation.change': return entry.state === 'refused' ? rows : rows.with(at, withChange(row, command, givenAt))
    default: return rows
  }
}

/** The list with what the person has just done laid over it. */
export const layOverList = (rows: ConversationView[], entries: readonly OutboxEntry[]): ConversationView[] => entries.reduce(lay, rows)
