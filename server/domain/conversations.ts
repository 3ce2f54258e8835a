/** Reading conversations: the list, one as a page opens it, what lies before it, what changed in it. */
import { findListed, listConversations as listRows } from '../../db/queries/conversations.ts'
import { branch, changedSince, siblingsOf } from '../../db/queries/messages.ts'
import type { ConversationView, MessageView, Snapshot } from '../../shared/conversation.ts'
import type { EventOf } from '../../shared/protocol.ts'
import type { Services } from '../services.ts'
import { ownConversation, ownMessage, type SessionUser } from './access.ts'
import { viewConversation, viewMessages } from './views.ts'

/** Messages a page gets at once. */
const pageSize = 50
/** Rows one `conversation.changed` may carry; whoever missed more opens the conversation anew. */
const changesAtOnce = 200

type User = Pick<SessionUser, 'id'>

/** Latest activity first; those before `before` (epoch milliseconds). */
export async function listConversations(services: Services, user: User, { before, limit }: { before?: number, limit: number }) {
  const found = await listRows(services.database.db, user.id, { ...(before === undefined ? {} : { before: new Date(before) }), limit: limit + 1 })
  return { conversations: found.slice(0, limit).map(viewConversation), more: found.length > limit }
}

/** The end of the active branch. Reads the conversation first: what changes meanwhile has a higher seq, and following from it tells it. */
export async function openConversation(services: Services, user: User, id: string): Promise<Snapshot> {
  const { db } = services.database
  const owned = await ownConversation(db, user, id)
  const row = await findListed(db, owned.id)
  const leaf = row?.activeMessageId
  const page = leaf ? await readPage(services, owned.id, leaf) : { messages: [], siblings: {}, more: false }
  return { conversation: viewConversation(row ?? { ...owned, busy: false }), ...page }
}

/** The messages of the branch before `before`. */
export async function olderMessages(services: Services, user: User, id: string, before: string): Promise<Omit<Snapshot, 'conversation'>> {
  const { db } = services.database
  const conversation = await ownConversation(db, user, id)
  const { parentId } = await ownMessage(db, conversation, before, 'before')
  return parentId ? readPage(services, conversation.id, parentId) : { messages: [], siblings: {}, more: false }
}

async function readPage(services: Services, conversationId: string, leafId: string): Promise<Omit<Snapshot, 'conversation'>> {
  const { db } = services.database
  const found = await branch(db, leafId, pageSize + 1)
  const shown = found.slice(-pageSize)
  return { messages: await viewMessages(services, shown), siblings: await siblingsOf(db, conversationId, shown), more: found.length > pageSize }
}

/** Everything in the conversation that changed after `after`; null when the conversation is gone. No check of ownership: callers follow it already. */
export async function changesAfter(services: Services, conversationId: string, after: number): Promise<EventOf<'conversation.changed'> | null> {
  const { db } = services.database
  const row = await findListed(db, conversationId)
  if (!row) return null
  const changed = row.seq > after ? await changedSince(db, conversationId, after, changesAtOnce + 1) : []
  const whole = changed.length <= changesAtOnce
  const messages: MessageView[] = whole ? await viewMessages(services, changed) : []
  return { type: 'conversation.changed', after, conversation: viewConversation(row), messages, whole }
}

/** The conversation as the list shows it; null when it is gone. */
export async function listedConversation(services: Services, id: string): Promise<ConversationView | null> {
  const row = await findListed(services.database.db, id)
  return row ? viewConversation(row) : null
}
