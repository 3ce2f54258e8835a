import { and, asc, desc, eq, gt, inArray, lt, ne, notExists, sql } from 'drizzle-orm'
import { tablesOf, type Query } from '../database.ts'

export async function findUser(q: Query, id: string) {
  const { user } = tablesOf(q)
  const [row] = await q.select().from(user).where(eq(user.id, id))
  return row
}

export async function findUserByName(q: Query, username: string) {
  const { user } = tablesOf(q)
  const [row] = await q.select().from(user).where(eq(user.username, username.toLowerCase()))
  return row
}

/**
 * Locks a user's row until the transaction ends, also against rows that refer to it: those under way are waited for, later
 * ones wait. In Postgres a change of a unique column does that; an update of any other would let them pass.
 */
export async function lockForLeaving(q: Query, id: string): Promise<void> {
  const { user } = tablesOf(q)
  await q.update(user).set({ email: sql`'leaving-' || ${user.email}` }).where(eq(user.id, id))
}

/** Everything that belongs to a user by a column of its own; what hangs on a conversation goes with it. */
export async function moveEverything(q: Query, from: string, to: string): Promise<void> {
  const { conversation, media, command, websocketConnection } = tablesOf(q)
  await q.update(conversation).set({ userId: to }).where(eq(conversation.userId, from))
  await q.update(media).set({ userId: to }).where(eq(media.userId, from))
  await q.update(command).set({ userId: to }).where(eq(command.userId, from))
  await q.delete(websocketConnection).where(eq(websocketConnection.userId, from))
}

/** Removes a user; all that refers to it goes with it. False when there was none. */
export async function removeUser(q: Query, id: string): Promise<boolean> {
  const { user } = tablesOf(q)
  return (await q.delete(user).where(eq(user.id, id)).returning({ id: user.id })).length > 0
}

export async function rememberModel(q: Query, userId: string, model: string): Promise<void> {
  const { user } = tablesOf(q)
  await q.update(user).set({ model }).where(eq(user.id, userId))
}

export async function setName(q: Query, userId: string, name: string): Promise<void> {
  const { user } = tablesOf(q)
  await q.update(user).set({ name, updatedAt: new Date() }).where(eq(user.id, userId))
}

export async function findSecondFactor(q: Query, userId: string) {
  const { twoFactor } = tablesOf(q)
  const [row] = await q.select({ verified: twoFactor.verified }).from(twoFactor).where(eq(twoFactor.userId, userId))
  return row
}

export async function removeSecondFactor(q: Query, userId: string): Promise<void> {
  const { twoFactor, user } = tablesOf(q)
  await q.update(user).set({ twoFactorEnabled: false }).where(eq(user.id, userId))
  await q.delete(twoFactor).where(eq(twoFactor.userId, userId))
}

/** Object keys of all a user has stored. */
export async function mediaKeysOf(q: Query, userId: string): Promise<string[]> {
  const { media } = tablesOf(q)
  return (await q.select({ key: media.filePath }).from(media).where(eq(media.userId, userId))).map(row => row.key)
}

/** Sessions that still count, the latest used first. */
export async function sessionsOf(q: Query, userId: string, now: Date) {
  const { session } = tablesOf(q)
  return q.select({ id: session.id, createdAt: session.createdAt, updatedAt: session.updatedAt, ipAddress: session.ipAddress, userAgent: session.userAgent })
    .from(session).where(and(eq(session.userId, userId), gt(session.expiresAt, now))).orderBy(desc(session.updatedAt)).limit(100)
}

export async function sessionIdsOf(q: Query, userId: string): Promise<string[]> {
  const { session } = tablesOf(q)
  return (await q.select({ id: session.id }).from(session).where(eq(session.userId, userId))).map(row => row.id)
}

/** Ends one session of this user; gives back its id, or nothing when it isn't theirs. */
export async function removeSession(q: Query, userId: string, id: string): Promise<string[]> {
  const { session } = tablesOf(q)
  return (await q.delete(session).where(and(eq(session.userId, userId), eq(session.id, id))).returning({ id: session.id })).map(row => row.id)
}

/** Ends all sessions of this user but one. */
export async function removeOtherSessions(q: Query, userId: string, kept: string): Promise<string[]> {
  const { session } = tablesOf(q)
  return (await q.delete(session).where(and(eq(session.userId, userId), ne(session.id, kept))).returning({ id: session.id })).map(row => row.id)
}

/** Ends all sessions of this user; gives back their ids. */
export async function removeAllSessions(q: Query, userId: string): Promise<string[]> {
  const { session } = tablesOf(q)
  return (await q.delete(session).where(eq(session.userId, userId)).returning({ id: session.id })).map(row => row.id)
}

/** Sessions, verifications and counts that are over. */
export async function removeExpired(q: Query, now: Date, oldestCount: number): Promise<void> {
  const { session, verification, rateLimit } = tablesOf(q)
  await q.delete(session).where(lt(session.expiresAt, now))
  await q.delete(verification).where(lt(verification.expiresAt, now))
  await q.delete(rateLimit).where(lt(rateLimit.lastRequest, oldestCount))
}

/** Guests nobody can come back to: their last session is over. */
export async function lostGuests(q: Query, madeBefore: Date, limit: number): Promise<string[]> {
  const { user, session } = tablesOf(q)
  const theirs = q.select({ id: session.id }).from(session).where(eq(session.userId, user.id))
  return (await q.select({ id: user.id }).from(user)
    .where(and(eq(user.isAnonymous, true), lt(user.createdAt, madeBefore), notExists(theirs)))
    .orderBy(asc(user.createdAt)).limit(limit)).map(row => row.id)
}

/**
 * Counts one more turn (or `amount` of them) under `key` and tells how many there were since its window began. One statement, so that
 * parallel tries are all counted.
 */
export async function countTurn(q: Query, input: { id: string, key: string, now: number, windowMs: number, amount?: number }): Promise<{ count: number, since: number }> {
  const { rateLimit } = tablesOf(q)
  const { amount = 1 } = input
  const over = sql`${rateLimit.lastRequest} <= ${input.now - input.windowMs}`
  const [row] = await q.insert(rateLimit).values({ id: input.id, key: input.key, count: amount, lastRequest: input.now })
    .onConflictDoUpdate({
      target: rateLimit.key,
      set: {
        count: sql`case when ${over} then ${amount} else ${rateLimit.count} + ${amount} end`,
        lastRequest: sql`case when ${over} then ${input.now} else ${rateLimit.lastRequest} end`,
      },
    })
    .returning({ count: rateLimit.count, since: rateLimit.lastRequest })
  if (!row) throw new Error('an upsert gave nothing back')
  return row
}

/** What was counted under `key` since a moment, and when its window began. */
export async function turnsSince(q: Query, key: string, after: number): Promise<{ count: number, since: number }> {
  const { rateLimit } = tablesOf(q)
  const [row] = await q.select({ count: rateLimit.count, since: rateLimit.lastRequest }).from(rateLimit).where(and(eq(rateLimit.key, key), gt(rateLimit.lastRequest, after)))
  return row ?? { count: 0, since: after }
}

export async function forgetTurns(q: Query, keys: string[]): Promise<void> {
  const { rateLimit } = tablesOf(q)
  await q.delete(rateLimit).where(inArray(rateLimit.key, keys))
}
