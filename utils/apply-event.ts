/**
 * What a page knows of one conversation, and how news changes it. Pure and idempotent: the same event twice, or late,
 * changes nothing. The rules of order are shared with the server (`shared/follow.ts`).
 */
import { applyChunk, emptyAssembly, textOf, type Assembly } from '../shared/chunks.ts'
import { isOpen, type ConversationView, type Cursor, type MessageView, type Snapshot } from '../shared/conversation.ts'
import { isFurther, judgeChange, judgeDelta } from '../shared/follow.ts'
import type { MediaView } from '../shared/media.ts'
import type { Delta, EventOf, LiveEvent } from '../shared/protocol.ts'

/** A reply that was read further than its row tells. */
export interface LiveReply { cursor: Cursor, assembly: Assembly }

export interface ConversationState {
  conversation: ConversationView | null
  /** Every change up to this number is known. */
  seq: number
  messages: Readonly<Record<string, MessageView>>
  /** Ids of the versions under one parent (`''` for the beginning), oldest first. */
  versions: Readonly<Record<string, readonly string[]>>
  live: Readonly<Record<string, LiveReply>>
  /** Places in the queue that were told after the row. */
  positions: Readonly<Record<string, number>>
  devices: number
  deleted: boolean
  /** What is missing: `follow` asks for the changes since `seq`, `snapshot` for the whole again. */
  needs: 'nothing' | 'follow' | 'snapshot'
}

export const emptyConversation = (): ConversationState => ({
  conversation: null, seq: 0, messages: {}, versions: {}, live: {}, positions: {}, devices: 0, deleted: false, needs: 'nothing',
})

const parentKey = (message: Pick<MessageView, 'parentId'>) => message.parentId ?? ''

/** UUIDv7 sort by time, so the ids alone give the order. */
const union = (one: readonly string[] = [], other: readonly string[] = []) => [...new Set([...one, ...other])].sort()

const without = <T>(record: Readonly<Record<string, T>>, id: string): Readonly<Record<string, T>> => {
  if (!(id in record)) return record
  const rest = { ...record }
  Reflect.deleteProperty(rest, id)
  return rest
}

/** Takes rows that are newer than what is known of them. */
function takeRows(state: ConversationState, rows: readonly MessageView[], siblings: Snapshot['siblings'] = {}): ConversationState {
  const messages = { ...state.messages }
  const versions = { ...state.versions }
  let { live, positions } = state
  for (const row of rows) {
    const known = messages[row.id]
    versions[parentKey(row)] = union(versions[parentKey(row)], siblings[row.id] ?? [row.id])
    if (known && known.seq >= row.seq) continue
    messages[row.id] = row
    positions = without(positions, row.id)
    const ahead = live[row.id]
    if (ahead && (!isOpen(row.status) || isFurther(row.cursor, ahead.cursor))) live = without(live, row.id)
  }
  return { ...state, messages, versions, live, positions }
}

/** A leaf that isn't known cannot be shown: the branch it ends must be fetched. */
const withNeeds = (state: ConversationState): ConversationState => {
  const active = state.conversation?.activeMessageId
  return active && !state.messages[active] ? { ...state, needs: 'snapshot' } : state
}

/** Opens a conversation from its snapshot. An older snapshot than what is known changes nothing. */
export function applySnapshot(state: ConversationState, snapshot: Snapshot): ConversationState {
  const { conversation } = snapshot
  if (state.conversation && conversation.seq < state.seq) return state
  const fresh = takeRows({ ...emptyConversation(), devices: state.devices, conversation, seq: conversation.seq }, snapshot.messages, snapshot.siblings)
  const live = Object.fromEntries(Object.entries(state.live).filter(([id, reply]) => {
    const row = fresh.messages[id]
    return row && isOpen(row.status) && isFurther(reply.cursor, row.cursor)
  }))
  return { ...fresh, live }
}

/** Adds a page of a branch. */
export const applyPage = (state: ConversationState, page: Pick<Snapshot, 'messages' | 'siblings'>): ConversationState =>
  takeRows(state, page.messages, page.siblings)

const asking = (state: ConversationState): ConversationState => ({ ...state, needs: state.needs === 'snapshot' ? 'snapshot' : 'follow' })

function applyChange(state: ConversationState, event: EventOf<'conversation.changed'>): ConversationState {
  const verdict = judgeChange(state.seq, { after: event.after, seq: event.conversation.seq })
  if (verdict === 'ignore') return state
  if (!event.whole) return { ...state, needs: 'snapshot' }
  if (verdict === 'gap') return asking(state)
  return withNeeds(takeRows({ ...state, conversation: event.conversation, seq: event.conversation.seq }, event.messages))
}

/** How far a reply was read. */
export const cursorOf = (state: ConversationState, id: string): Cursor => state.live[id]?.cursor ?? state.messages[id]?.cursor ?? { epoch: 0, n: 0 }

/** A copy of what was assembled of a reply so far. */
function assemblyOf(state: ConversationState, row: MessageView): Assembly {
  const live = state.live[row.id]?.assembly
  return { parts: [...(live?.parts ?? row.parts)], open: { ...live?.open } }
}

function applyDelta(state: ConversationState, delta: Delta): ConversationState {
  const row = state.messages[delta.messageId]
  if (!row) return asking(state)
  if (!isOpen(row.status)) return delta.epoch > row.cursor.epoch ? asking(state) : state
  const verdict = judgeDelta(cursorOf(state, row.id), delta)
  if (verdict === 'ignore') return state
  if (verdict === 'gap') return asking(state)
  const assembly = verdict === 'restart' ? emptyAssembly() : assemblyOf(state, row)
  for (const chunk of delta.chunks) applyChunk(assembly, chunk)
  return { ...state, live: { ...state.live, [row.id]: { cursor: { epoch: delta.epoch, n: delta.upto }, assembly } } }
}

function applyMedia(state: ConversationState, media: MediaView): ConversationState {
  const message = media.messageId ? state.messages[media.messageId] : undefined
  if (!message) return state
  const at = message.media.findIndex(known => known.id === media.id)
  const list = at < 0 ? [...message.media, media] : message.media.with(at, media)
  return { ...state, messages: { ...state.messages, [message.id]: { ...message, media: list } } }
}

/** Fresh forms (new addresses, new state) of media that messages carry. */
export const applyMediaViews = (state: ConversationState, media: readonly MediaView[]): ConversationState => media.reduce(applyMedia, state)

const aboutConversation = (state: ConversationState, id: string) => !state.conversation || state.conversation.id === id

/** The state after an event. Events of other conversations must be kept away by the caller; those without one change nothing. */
export function applyEvent(state: ConversationState, event: LiveEvent): ConversationState {
  switch (event.type) {
    case 'conversation.changed': return aboutConversation(state, event.conversation.id) ? applyChange(state, event) : state
    case 'reply.delta': return aboutConversation(state, event.conversationId) ? applyDelta(state, event) : state
    case 'conversation.deleted': return { ...state, deleted: true }
    case 'reply.queued': return { ...state, positions: { ...state.positions, ...event.positions } }
    case 'media.changed': return applyMedia(state, event.media)
    case 'presence.changed': return state.devices === event.devices ? state : { ...state, devices: event.devices }
    default: return state
  }
}

/** A message as it stands: its row, with what was read beyond it. */
export function viewMessage(state: ConversationState, id: string): MessageView | null {
  const row = state.messages[id]
  if (!row) return null
  const position = state.positions[id]
  const placed = position === undefined ? row : { ...row, position }
  const live = state.live[id]
  if (!live) return placed
  const { parts } = live.assembly
  const view = { ...placed, parts, content: textOf(parts), cursor: live.cursor }
  // Deltas may be quicker than the row that says that the writing began.
  return live.cursor.epoch === row.cursor.epoch ? view : { ...view, status: 'writing', error: null, nextTryAt: null, position: null }
}

/** The newest leaf below a message, by what is known. */
export function leafBelow(state: ConversationState, id: string): string {
  let leaf = id
  for (let child = state.versions[leaf]?.at(-1); child; child = state.versions[leaf]?.at(-1)) leaf = child
  return leaf
}

/** Ids of the branch that is shown, oldest first: from the active message up, or from `end`, while that is known. */
export function branchOf(state: ConversationState, end?: string | null): string[] {
  const active = end && state.messages[end] ? end : state.conversation?.activeMessageId
  const leaf = active && state.messages[active] ? active : Object.keys(state.messages).sort().at(-1)
  const branch: string[] = []
  for (let message = leaf ? state.messages[leaf] : undefined; message; message = message.parentId ? state.messages[message.parentId] : undefined)
    branch.push(message.id)
  return branch.reverse()
}

/** What a follower tells when it follows again: from where, and how far it read each open reply. */
export function positionOf(state: ConversationState): { after: number, cursors: Record<string, Cursor> } {
  const open = Object.values(state.messages).filter(message => isOpen(message.status)).slice(-100)
  return { after: state.seq, cursors: Object.fromEntries(open.map(message => [message.id, cursorOf(state, message.id)])) }
}
