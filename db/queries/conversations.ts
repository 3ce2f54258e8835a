import { and, asc, desc, eq, exists, gt, lt, or, sql } from 'drizzle-orm'
import { among, tablesOf, type Query, type Tx } from '../database.ts'
import { prepared, preparedUpdate, value } from '../prepared.ts'
import type { Tables } from '../tables.ts'
import { isOpenRow } from './messages.ts'

export type ConversationRow = Tables['conversation']['$inferSelect']
export type ConversationPatch = Partial<Pick<ConversationRow,
  'title' | 'titledBy' | 'model' | 'instructions' | 'activeMessageId' | 'pinnedAt' | 'archivedAt' | 'updatedAt'>>

const conversationById = prepared((q) => {
  const { conversation } = tablesOf(q)
  return q.select().from(conversation).where(eq(conversation.id, value('id')))
})

export const findConversation = async (q: Query, id: string): Promise<ConversationRow | undefined> => (await conversationById(q, { id }))[0]

/** Makes the conversation unless it exists; undefined when it does. */
export async function startConversation(tx: Tx, row: Tables['conversation']['$inferInsert']): Promise<ConversationRow | undefined> {
  const { conversation } = tablesOf(tx)
  const [made] = await tx.insert(conversation).values(row).onConflictDoNothing().returning()
  return made
}

const touchConversation = prepared((q) => {
  const { conversation } = tablesOf(q)
  return q.update(conversation).set({ seq: sql`${conversation.seq}` }).where(eq(conversation.id, value('id'))).returning()
})

/** Locks the conversation's row until the transaction ends, and reads it; undefined when it was deleted. */
export const lockConversation = async (tx: Tx, id: string): Promise<ConversationRow | undefined> => (await touchConversation(tx, { id }))[0]

const touchConversationOf = prepared((q) => {
  const { conversation, message } = tablesOf(q)
  const its = q.select({ id: message.conversationId }).from(message).where(eq(message.id, value('messageId')))
  return q.update(conversation).set({ seq: sql`${conversation.seq}` }).where(eq(conversation.id, sql`(${its})`)).returning()
})

/** The same for the conversation that a message is in; undefined when either was deleted. */
export const lockConversationOf = async (tx: Tx, messageId: string): Promise<ConversationRow | undefined> => (await touchConversationOf(tx, { messageId }))[0]

const changeWithSeq = preparedUpdate((q, patch: ConversationPatch) => {
  const { conversation } = tablesOf(q)
  return q.update(conversation).set({ ...patch, seq: sql`${conversation.seq} + 1` }).where(eq(conversation.id, value('id'))).returning()
})

/**
 * Takes the conversation's next `seq` and changes what `patch` says. The update is the row lock that puts everything
 * that happens in a conversation in one order. Undefined when the conversation was deleted.
 */
export const takeSeq = async (tx: Tx, id: string, patch: ConversationPatch = {}): Promise<ConversationRow | undefined> => (await changeWithSeq(tx, patch, { id }))[0]

export type ListedConversation = ConversationRow & { busy: boolean }

const openReply = (q: Query) => {
  const { conversation, message } = tablesOf(q)
  return exists(q.select({ one: sql`1` }).from(message).where(and(
    eq(message.conversationId, conversation.id), isOpenRow(message),
  )))
}

const listedAmong = prepared((q) => {
  const { conversation } = tablesOf(q)
  return q.select({ row: conversation, busy: openReply(q) }).from(conversation).where(among(q, conversation.id, value('ids')))
})

/** With `busy`: whether a reply in it is open. */
export async function findListed(q: Query, ids: readonly string[]): Promise<ListedConversation[]> {
  const found = ids.length > 0 ? await listedAmong(q, { ids: JSON.stringify(ids) }) : []
  return found.map(({ row, busy }) => ({ ...row, busy: Boolean(busy) }))
}

/** Where a page of the list ends: a moment, and which of the conversations of that moment. */
export interface ListPlace { at: Date, id?: string | undefined }

/** The user's conversations, latest activity first; those that come after `before`. */
export async function listConversations(q: Query, userId: string, { before, limit }: { before?: ListPlace, limit: number }): Promise<ListedConversation[]> {
  const { conversation } = tablesOf(q)
  const found = await q.select({ row: conversation, busy: openReply(q) }).from(conversation)
    .where(and(eq(conversation.userId, userId), before && or(lt(conversation.updatedAt, before.at), before.id ? and(eq(conversation.updatedAt, before.at), lt(conversation.id, before.id)) : undefined)))
    .orderBy(desc(conversation.updatedAt), desc(conversation.id)).limit(limit)
  return found.map(({ row, busy }) => ({ ...row, busy: Boolean(busy) }))
}

export async function removeConversation(tx: Tx, id: string): Promise<void> {
  const { conversation } = tablesOf(tx)
  await tx.delete(conversation).where(eq(conversation.id, id))
}

/** The present `seq` of each of these conversations that exists. */
export async function seqsOf(q: Query, ids: readonly string[]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map()
  const { conversation } = tablesOf(q)
  const found = await q.select({ id: conversation.id, seq: conversation.seq }).from(conversation).where(among(q, conversation.id, ids))
  return new Map(found.map(row => [row.id, row.seq]))
}

/** All of the user's, by id: those after `after`. */
export async function conversationsFrom(q: Query, userId: string, after: string, limit: number): Promise<ConversationRow[]> {
  const { conversation } = tablesOf(q)
  return q.select().from(conversation).where(and(eq(conversation.userId, userId), gt(conversation.id, after))).orderBy(asc(conversation.id)).limit(limit)
}
