/** Media rows. What of them changes and is attached also moves the message's `seq`, so that followers hear of it. */
import { and, asc, count, desc, eq, gt, isNull, lt, or, sql, sum } from 'drizzle-orm'
import { among, tablesOf, type Query, type Tx } from '../database.ts'
import { prepared, value } from '../prepared.ts'
import type { Tables } from '../tables.ts'
import { lockConversation, takeSeq } from './conversations.ts'

export type MediaRow = Tables['media']['$inferSelect']
export type NewMedia = Tables['media']['$inferInsert']
export type MediaChange = Partial<Omit<NewMedia, 'id' | 'userId'>>

export async function findMedia(q: Query, id: string): Promise<MediaRow | null> {
  const { media } = tablesOf(q)
  return (await q.select().from(media).where(eq(media.id, id)))[0] ?? null
}

/** The user's own among these ids, in no order. */
export async function listOwnMedia(q: Query, userId: string, ids: readonly string[]): Promise<MediaRow[]> {
  const { media } = tablesOf(q)
  return ids.length === 0 ? [] : q.select().from(media).where(and(among(q, media.id, ids), eq(media.userId, userId)))
}

/** What these messages carry, each message's in its order. */
export const listMediaOfMessages = async (q: Query, messageIds: readonly string[]): Promise<MediaRow[]> =>
  messageIds.length > 0 ? mediaOfMessages(q, { messageIds: JSON.stringify(messageIds) }) : []

const mediaOfMessages = prepared((q) => {
  const { media } = tablesOf(q)
  return q.select().from(media).where(among(q, media.messageId, value('messageIds'))).orderBy(asc(media.messageId), asc(media.place), asc(media.id))
})

/** All media of a conversation, newest first. */
export async function listMediaOfConversation(q: Query, conversationId: string, limit: number): Promise<MediaRow[]> {
  const { media, message } = tablesOf(q)
  const found = await q.select({ media }).from(media).innerJoin(message, eq(message.id, media.messageId))
    .where(eq(message.conversationId, conversationId)).orderBy(desc(media.createdAt), desc(media.id)).limit(limit)
  return found.map(({ media }) => media)
}

/** Rows that show the same file: a message that was edited shares its files with its later version. */
export async function listMediaByPath(q: Query, filePath: string): Promise<MediaRow[]> {
  const { media } = tablesOf(q)
  return q.select().from(media).where(eq(media.filePath, filePath))
}

/** One that has the same bytes and was judged already. */
export async function findSameBytes(q: Query, userId: string, sha256: string): Promise<MediaRow | null> {
  const { media } = tablesOf(q)
  return (await q.select().from(media).where(and(eq(media.userId, userId), eq(media.sha256, sha256), eq(media.status, 'ready'))).limit(1))[0] ?? null
}

/** Null when the id exists already, whoever has it. */
export async function insertMedia(q: Query, row: NewMedia): Promise<MediaRow | null> {
  const { media } = tablesOf(q)
  return (await q.insert(media).values(row).onConflictDoNothing().returning())[0] ?? null
}

/** Changes a row that is still in `status`; null when it is not. */
export async function changeMedia(q: Query, id: string, status: MediaRow['status'], change: MediaChange): Promise<MediaRow | null> {
  const { media } = tablesOf(q)
  return (await q.update(media).set(change).where(and(eq(media.id, id), eq(media.status, status))).returning())[0] ?? null
}

/** The row, which stays as it is until the transaction ends; null when it is gone. */
export async function lockMedia(tx: Tx, id: string): Promise<MediaRow | null> {
  const { media } = tablesOf(tx)
  return (await tx.update(media).set({ status: sql`${media.status}` }).where(eq(media.id, id)).returning())[0] ?? null
}

/** The reading aloud of a reply. */
export async function findSpoken(q: Query, messageId: string): Promise<MediaRow | null> {
  const { media } = tablesOf(q)
  return (await q.select().from(media).where(eq(media.spokenOf, messageId)))[0] ?? null
}

/** Changes all rows that show this file and are being processed. */
export async function changeProcessing(q: Query, filePath: string, change: MediaChange): Promise<MediaRow[]> {
  const { media } = tablesOf(q)
  return q.update(media).set(change).where(and(eq(media.filePath, filePath), eq(media.status, 'processing'))).returning()
}

export async function deleteMediaRows(q: Query, ids: readonly string[]): Promise<void> {
  const { media } = tablesOf(q)
  if (ids.length > 0) await q.delete(media).where(among(q, media.id, ids))
}

/** Makes a row a message's, at a place. Null when it is another's by now. */
export async function attachRow(q: Query, id: string, messageId: string, place: number): Promise<MediaRow | null> {
  const { media } = tablesOf(q)
  return (await q.update(media).set({ messageId, place }).where(and(eq(media.id, id), isNull(media.messageId))).returning())[0] ?? null
}

/** The conversation a message is in. */
export async function conversationOfMessage(q: Query, messageId: string): Promise<string | null> {
  const { message } = tablesOf(q)
  return (await q.select({ id: message.conversationId }).from(message).where(eq(message.id, messageId)))[0]?.id ?? null
}

/** Gives the message the conversation's next `seq`. Null when either is gone. */
export async function touchMessage(tx: Tx, messageId: string): Promise<{ conversationId: string, seq: number } | null> {
  const { message } = tablesOf(tx)
  const conversationId = await conversationOfMessage(tx, messageId)
  const taken = conversationId === null ? undefined : await takeSeq(tx, conversationId)
  if (!taken) return null
  await tx.update(message).set({ seq: taken.seq }).where(eq(message.id, messageId))
  return { conversationId: taken.id, seq: taken.seq }
}

/**
 * Locks the conversations that show this file, before its rows are changed: a conversation's deletion takes the two in
 * that order, and the other way round they would wait for each other.
 */
export async function lockConversationsOf(tx: Tx, filePath: string): Promise<string[]> {
  const { media, message } = tablesOf(tx)
  const found = await tx.selectDistinct({ id: message.conversationId }).from(media).innerJoin(message, eq(message.id, media.messageId)).where(eq(media.filePath, filePath))
  const ids = found.map(({ id }) => id).sort()
  for (const id of ids) await lockConversation(tx, id)
  return ids
}

/** Takes turns with everything else that counts against this user's room. False: there is no such user. */
export async function lockUser(tx: Tx, userId: string): Promise<boolean> {
  const { user } = tablesOf(tx)
  return (await tx.update(user).set({ name: sql`${user.name}` }).where(eq(user.id, userId)).returning({ id: user.id })).length > 0
}

export async function countStored(q: Query, userId: string): Promise<{ bytes: number, count: number }> {
  const { media } = tablesOf(q)
  const [sums] = await q.select({ bytes: sum(media.storedBytes), count: count() }).from(media).where(eq(media.userId, userId))
  return { bytes: Number(sums?.bytes ?? 0), count: Number(sums?.count ?? 0) }
}

export async function listBiggest(q: Query, userId: string, limit: number, offset: number): Promise<MediaRow[]> {
  const { media } = tablesOf(q)
  return q.select().from(media).where(and(eq(media.userId, userId), gt(media.storedBytes, 0)))
    .orderBy(desc(media.storedBytes), desc(media.id)).limit(limit).offset(offset)
}

/** Uploads that no message took, from before the moment. */
export async function listAbandoned(q: Query, before: Date, limit: number): Promise<MediaRow[]> {
  const { media } = tablesOf(q)
  return q.select().from(media).where(and(isNull(media.messageId), isNull(media.spokenOf), lt(media.createdAt, before))).orderBy(asc(media.createdAt)).limit(limit)
}

/** The rows of these ids, as far as their objects go. */
export async function listObjectsOf(q: Query, ids: readonly string[]): Promise<Pick<MediaRow, 'filePath' | 'derived' | 'status'>[]> {
  const { media } = tablesOf(q)
  return ids.length === 0 ? [] : q.select({ filePath: media.filePath, derived: media.derived, status: media.status }).from(media).where(among(q, media.id, ids))
}

/** Object prefixes of everything in a conversation, for `delete-objects`, to be asked before its rows go. */
export async function listPrefixesOfConversation(q: Query, conversationId: string): Promise<string[]> {
  const { media, message } = tablesOf(q)
  const found = await q.selectDistinct({ filePath: media.filePath }).from(media).innerJoin(message, or(eq(message.id, media.messageId), eq(message.id, media.spokenOf)))
    .where(eq(message.conversationId, conversationId))
  return [...new Set(found.map(({ filePath }) => prefixOf(filePath)))]
}

/** `<user>/<media>/` of an object key. */
export const prefixOf = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1)

export async function isTombstone(q: Query, id: string): Promise<boolean> {
  const { tombstone } = tablesOf(q)
  return (await q.select({ id: tombstone.id }).from(tombstone).where(eq(tombstone.id, id))).length > 0
}

export async function insertTombstones(q: Query, ids: readonly string[]): Promise<void> {
  const { tombstone } = tablesOf(q)
  if (ids.length > 0) await q.insert(tombstone).values(ids.map(id => ({ id }))).onConflictDoNothing()
}

/** All of the user's, by id: those after `after`. */
export async function mediaFrom(q: Query, userId: string, after: string, limit: number): Promise<MediaRow[]> {
  const { media } = tablesOf(q)
  return q.select().from(media).where(and(eq(media.userId, userId), gt(media.id, after))).orderBy(asc(media.id)).limit(limit)
}
