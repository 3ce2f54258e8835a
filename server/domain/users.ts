/** Accounts as the domain sees them: guests that become users, and leaving for good. */
import { countTurn, findUser, forgetTurns, lockForLeaving, lostGuests, mediaKeysOf, moveEverything, rememberModel, removeAllSessions, removeExpired, removeOtherSessions, removeSession, removeUser, sessionIdsOf, setName, sessionsOf } from '../../db/queries/users.ts'
import type { Tx } from '../../db/database.ts'
import { newId } from '../../shared/ids.ts'
import type { Services } from '../services.ts'
import type { SessionUser } from './access.ts'
import { carryTokens } from './allowance.ts'
import { AppError } from './errors.ts'
import { removeObjects } from './remove-objects.ts'

/** All that was the guest's becomes the user's, and the guest is gone: one transaction. Runs when a guest signs up or in. */
export async function linkGuest(services: Services, { guestId, userId }: { guestId: string, userId: string }): Promise<void> {
  if (guestId === userId) return
  await services.database.db.transaction(async (tx) => {
    // What the guest is sending at this moment is waited for and moved; what comes later finds no guest.
    await lockForLeaving(tx, guestId)
    const [guest, user] = [await findUser(tx, guestId), await findUser(tx, userId)]
    if (guest?.model && user && !user.model) await rememberModel(tx, userId, guest.model)
    await moveEverything(tx, guestId, userId)
    await carryTokens(tx, guestId, userId)
    await removeUser(tx, guestId)
  })
  await services.bus.publish({ type: 'user.ended', userId: guestId })
}

/** The folders a user's objects are in: usually their own, and those of guests they once were. */
const foldersOf = (keys: readonly string[], userId: string): string[] =>
  [...new Set([`${userId}/`, ...keys.map(key => `${key.split('/')[0]}/`)])]

/** Rows and the job that removes the objects, together or not at all. */
async function removeWithObjects(services: Services, tx: Tx, userId: string): Promise<boolean> {
  const prefixes = foldersOf(await mediaKeysOf(tx, userId), userId)
  if (!await removeUser(tx, userId)) return false
  await removeObjects(services.queue, tx, prefixes)
  return true
}

/** Changes how a person is called; the username stays. */
export async function renameUser({ database }: Services, user: SessionUser, name: string): Promise<SessionUser> {
  await setName(database.db, user.id, name)
  return { ...user, name }
}

/** Removes the account with everything it has, and ends its sessions and sockets everywhere. */
export async function deleteAccount(services: Services, user: Pick<SessionUser, 'id'>): Promise<void> {
  await services.database.db.transaction(async tx => removeWithObjects(services, tx, user.id))
  await services.bus.publish({ type: 'user.ended', userId: user.id })
}

export interface SessionView { id: string, current: boolean, createdAt: number, usedAt: number, address: string | null, userAgent: string | null }

/** Where this user is signed in. Tokens are not among it. */
export async function listSessions({ database }: Services, user: SessionUser, currentId: string): Promise<SessionView[]> {
  return (await sessionsOf(database.db, user.id, new Date())).map(row => ({
    id: row.id, current: row.id === currentId, createdAt: row.createdAt.getTime(), usedAt: row.updatedAt.getTime(), address: row.ipAddress || null, userAgent: row.userAgent || null,
  }))
}

export const sessionIds = ({ database }: Services, user: Pick<SessionUser, 'id'>): Promise<string[]> => sessionIdsOf(database.db, user.id)

/** Ends what hangs on sessions that are over: sockets and streams, on every node. */
export async function tellEnded({ bus }: Pick<Services, 'bus'>, ended: string[]): Promise<void> {
  await Promise.all(ended.map(sessionId => bus.publish({ type: 'session.ended', sessionId })))
}

/** Ends every session of somebody, with their sockets; tells how many there were. */
export async function endAllSessions(services: Services, user: Pick<SessionUser, 'id'>): Promise<number> {
  const ended = await removeAllSessions(services.database.db, user.id)
  await tellEnded(services, ended)
  return ended.length
}

/** Ends one of the user's sessions and its sockets. Someone else's is `not_found`. */
export async function endSession(services: Services, user: Pick<SessionUser, 'id'>, id: string): Promise<void> {
  const ended = await removeSession(services.database.db, user.id, id)
  if (ended.length === 0) throw new AppError('not_found')
  await tellEnded(services, ended)
}

/** Ends every session of the user but this one. */
export async function endOtherSessions(services: Services, user: Pick<SessionUser, 'id'>, currentId: string): Promise<void> {
  await tellEnded(services, await removeOtherSessions(services.database.db, user.id, currentId))
}

/** How many turns a key has within a window. */
export interface Limit { max: number, windowMs: number }

/**
 * Takes one turn under `key`.
 * @returns 0, or when there are none left the milliseconds until there are again.
 */
export async function takeTurn({ database }: Services, key: string, limit: Limit): Promise<number> {
  const now = Date.now()
  const { count, since } = await countTurn(database.db, { id: newId(), key, now, windowMs: limit.windowMs })
  return count <= limit.max ? 0 : Math.max(1000, since + limit.windowMs - now)
}

/** Gives all turns under these keys back. */
export const giveBackTurns = ({ database }: Services, keys: string[]): Promise<void> => forgetTurns(database.db, keys)

const dayMs = 86_400_000

/** Removes what is over: sessions, counts, and guests whose last session has ended, with all they had. For the daily sweep. */
export async function sweepAccounts(services: Services): Promise<void> {
  const { db } = services.database
  const now = Date.now()
  await removeExpired(db, new Date(now), now - dayMs)
  for (const id of await lostGuests(db, new Date(now - dayMs), 1000))
    await db.transaction(async tx => removeWithObjects(services, tx, id))
}
