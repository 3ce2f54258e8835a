import { and, eq, lt, sql } from 'drizzle-orm'
import { among, tablesOf, type Query, type Tx } from '../database.ts'
import type { Devices } from '../tables.ts'

/** Which pair of user and conversation. */
export interface Seat { userId: string, conversationId: string }

const seatIs = (q: Query, seat: Seat) => {
  const { websocketConnection } = tablesOf(q)
  return and(eq(websocketConnection.userId, seat.userId), eq(websocketConnection.conversationId, seat.conversationId))
}

/** Changes the devices of a seat under its lock; the row goes with the last device. Silent when the conversation is gone. */
export async function changeSeat(tx: Tx, seat: Seat, change: (devices: Devices) => Devices): Promise<Devices> {
  const { websocketConnection } = tablesOf(tx)
  const lastActive = new Date()
  const [row] = await tx.insert(websocketConnection).values({ ...seat, lastActive, devices: {} })
    .onConflictDoUpdate({ target: [websocketConnection.userId, websocketConnection.conversationId], set: { lastActive } }).returning()
  const devices = change(row?.devices ?? {})
  if (Object.keys(devices).length === 0) await tx.delete(websocketConnection).where(seatIs(tx, seat))
  else await tx.update(websocketConnection).set({ devices }).where(seatIs(tx, seat))
  return devices
}

/** Rows one statement names at most: SQLite takes 32,766 values in one. */
const atOnce = 500

/**
 * The same for many seats in three statements; resolves with those whose devices are others than before. Seats of
 * conversations that are gone are left out.
 */
export async function changeSeats<S extends Seat>(tx: Tx, seats: readonly S[], change: (devices: Devices, seat: S) => Devices): Promise<Seat[]> {
  const changed: Seat[] = []
  for (let at = 0; at < seats.length; at += atOnce) changed.push(...await changeSome(tx, seats.slice(at, at + atOnce), change))
  return changed
}

const keyOf = ({ userId, conversationId }: Seat) => `${userId} ${conversationId}`
const idsOf = (devices: Devices) => Object.keys(devices).sort().join()

async function changeSome<S extends Seat>(tx: Tx, seats: readonly S[], change: (devices: Devices, seat: S) => Devices): Promise<Seat[]> {
  const { conversation, websocketConnection } = tablesOf(tx)
  const lastActive = new Date()
  const ids = seats.map(seat => seat.conversationId)
  const living = new Set((await tx.select({ id: conversation.id }).from(conversation).where(among(tx, conversation.id, ids))).map(row => row.id))
  // Locks the rows that are there.
  const taken = await tx.update(websocketConnection).set({ lastActive })
    .where(and(among(tx, websocketConnection.userId, seats.map(seat => seat.userId)), among(tx, websocketConnection.conversationId, [...living]))).returning()
  const before = new Map(taken.map(row => [keyOf(row), row.devices]))
  const values = seats.filter(seat => living.has(seat.conversationId)).map(seat => ({
    userId: seat.userId, conversationId: seat.conversationId, lastActive, devices: change(before.get(keyOf(seat)) ?? {}, seat),
  }))
  if (values.length > 0)
    await tx.insert(websocketConnection).values(values)
      .onConflictDoUpdate({ target: [websocketConnection.userId, websocketConnection.conversationId], set: { devices: sql`excluded.devices` } })
  return values.filter(row => idsOf(row.devices) !== idsOf(before.get(keyOf(row)) ?? {}))
}

export async function findSeat(q: Query, seat: Seat): Promise<{ devices: Devices, lastActive: Date } | undefined> {
  const { websocketConnection } = tablesOf(q)
  const [row] = await q.select().from(websocketConnection).where(seatIs(q, seat))
  return row
}

/** Seats that nobody was heard of since `moment`: their process crashed. */
export async function sweepSeats(q: Query, moment: Date): Promise<Seat[]> {
  const { websocketConnection } = tablesOf(q)
  return q.delete(websocketConnection).where(lt(websocketConnection.lastActive, moment))
    .returning({ userId: websocketConnection.userId, conversationId: websocketConnection.conversationId })
}

/** Of these sessions, those that exist and have not run out. */
export async function livingSessions(q: Query, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const { session } = tablesOf(q)
  const now = new Date()
  const found = await q.select({ id: session.id, expiresAt: session.expiresAt }).from(session).where(among(q, session.id, ids))
  return new Set(found.filter(row => row.expiresAt > now).map(row => row.id))
}
