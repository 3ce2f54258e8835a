/** Reading conversations: the list, one as a page opens it, what lies before it, what changed in it. */
import { findListed, listConversations as listRows } from '../../db/queries/conversations.ts'
import { branch, branchFrom, changedInAll, changedSince, siblingsOf, type MessageRow, type Since } from '../../db/queries/messages.ts'
import type { MessagePage, MessageView, Snapshot } from '../../shared/conversation.ts'
import type { EventOf } from '../../shared/protocol.ts'
import type { Services } from '../services.ts'
import { ownConversation, ownMessage, type SessionUser } from './access.ts'
import { AppError } from './errors.ts'
import { viewConversation, viewMessages } from './views.ts'

/** Messages a page gets at once. */
const pageSize = 50
/** Rows one `conversation.changed` may carry; whoever missed more opens the conversation anew. */
const changesAtOnce = 200
/** Steps of `seq` up to which changes are read without a limit: each changes a row or two. */
const smallStep = 50

type User = Pick<SessionUser, 'id'>

/** Latest activity first; those that come after the one `beforeId` of the moment `before` (epoch milliseconds). */
export async function listConversations(services: Services, user: User, { before, beforeId, limit }: { before?: number | undefined, beforeId?: string | undefined, limit: number }) {
  const found = await listRows(services.database.db, user.id, { ...(before === undefined ? {} : { before: { at: new Date(before), id: beforeId } }), limit: limit + 1 })
  return { conversations: found.slice(0, limit).map(viewConversation), more: found.length > limit }
}

/** The end of the active branch. Reads the conversation first: what changes meanwhile has a higher seq, and following from it tells it. */
export async function openConversation(services: Services, user: User, id: string): Promise<Snapshot> {
  const { db } = services.database
  const owned = await ownConversation(db, user, id)
  const [row] = await findListed(db, [owned.id])
  const leaf = row?.activeMessageId
  const found = leaf ? await branch(db, leaf, pageSize + 1) : []
  return { conversation: viewConversation(row ?? { ...owned, busy: false }), ...await viewRows(services, owned.id, found.slice(-pageSize)), more: found.length > pageSize }
}

export interface Place { before?: string | undefined, after?: string | undefined, around?: string | undefined }

/** How many messages each kind of page has before and after the one it is about. */
const rooms = { before: { earlier: pageSize, later: 0 }, after: { earlier: 0, later: pageSize }, around: { earlier: pageSize / 2, later: pageSize / 2 } }

const placeOf = ({ before, after, around = '' }: Place) =>
  before ? { field: 'before' as const, messageId: before } : after ? { field: 'after' as const, messageId: after } : { field: 'around' as const, messageId: around }

/** A page of messages before, after or around one of them. What lies after it is told of the active branch only. */
export async function readMessages(services: Services, user: User, id: string, place: Place): Promise<MessagePage> {
  const { db } = services.database
  const { field, messageId } = placeOf(place)
  const { earlier, later } = rooms[field]
  const conversation = await ownConversation(db, user, id)
  const message = await ownMessage(db, conversation, messageId, field)
  const upTo = earlier ? (await branch(db, message.id, earlier + 2)).slice(0, -1) : []
  const following = later && conversation.activeMessageId ? await branchFrom(db, conversation.activeMessageId, message.id, later + 2) : []
  const shown = [...earlier ? upTo.slice(-earlier) : [], ...field === 'around' ? [message] : [], ...following.slice(1, later + 1)]
  return {
    ...await viewRows(services, conversation.id, shown),
    more: field === 'after' || upTo.length > earlier, later: field === 'before' || following.length > later + 1, active: field === 'before' || following.length > 0,
  }
}

/** One message, as it stands now. */
export async function readMessage(services: Services, user: User, id: string, messageId: string): Promise<MessageView> {
  const { db } = services.database
  const message = await ownMessage(db, await ownConversation(db, user, id), messageId)
  const [view] = await viewMessages(services, [message])
  if (!view) throw new AppError('message_not_found', { field: 'messageId' })
  return view
}

async function viewRows(services: Services, conversationId: string, shown: readonly MessageRow[]): Promise<Pick<Snapshot, 'messages' | 'siblings'>> {
  return { messages: await viewMessages(services, shown), siblings: await siblingsOf(services.database.db, conversationId, shown) }
}

export type Changed = EventOf<'conversation.changed'>

/**
 * Everything in these conversations that changed after what is told of each, by conversation id; those that are gone are
 * not in it. However many they are, the queries are few. No check of ownership: callers follow them already.
 */
export async function changesSince(services: Services, wanted: readonly Since[]): Promise<Map<string, Changed>> {
  const { db } = services.database
  const listed = new Map((await findListed(db, wanted.map(({ conversationId }) => conversationId))).map(row => [row.id, row]))
  const steps = wanted.flatMap(({ conversationId, after }) => {
    const row = listed.get(conversationId)
    return row ? [{ conversationId, after, row }] : []
  })
  const behind = steps.filter(({ row, after }) => row.seq > after)
  const near = behind.filter(({ row, after }) => row.seq - after <= smallStep)
  const changed = Map.groupBy(near.length > 0 ? await changedInAll(db, near.map(({ conversationId, after }) => ({ conversationId, after }))) : [], row => row.conversationId)
  for (const { conversationId, after } of behind.filter(step => !near.includes(step)))
    changed.set(conversationId, await changedSince(db, conversationId, after, changesAtOnce + 1))
  const whole = (id: string) => (changed.get(id)?.length ?? 0) <= changesAtOnce
  const views = Map.groupBy(await viewMessages(services, [...changed].flatMap(([id, rows]) => whole(id) ? rows : [])), view => view.conversationId)
  return new Map(steps.map(({ conversationId, after, row }) => [conversationId, {
    type: 'conversation.changed', after, conversation: viewConversation(row), messages: views.get(conversationId) ?? [], whole: whole(conversationId),
  }]))
}
