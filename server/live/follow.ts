/** Bringing one follower up to date: changed rows first, then the deltas it lacks, then what came meanwhile. */
import { setTimeout as wait } from 'node:timers/promises'
import { deltasFrom } from '../../db/queries/deltas.ts'
import { openReplies } from '../../db/queries/messages.ts'
import type { Delta } from '../../shared/protocol.ts'
import { changesSince, type Changed } from '../domain/conversations.ts'
import type { Services } from '../services.ts'
import { send, sendText, slowAt, type Following } from './connections.ts'
import { hearDelta, lacksFrom, releaseHeld, takeChange, takeStored } from './told.ts'

/** A gap closes with the next store of the writer (every 250 ms): look again a little more often than that. */
const againAfterMs = 120

/** A delta that came over the bus. `text` is its serialised event, made once for all followers. */
export function passOn(services: Services, following: Following, delta: Delta, text: () => string): void {
  const slow = !following.told.held && following.connection.buffered() > slowAt
  const verdict = slow ? 'read' : hearDelta(following.told, delta)
  if (verdict === 'pass') sendText(following.connection, text())
  if (verdict === 'read') void bringUpToDate(services, following, [delta])
}

/** Tells what was read of a conversation; null tells that it is gone. */
export function tellChange(following: Following, read: Changed | null): void {
  const event = read && takeChange(following.told, read)
  if (event) send(following.connection, event)
  if (!read) send(following.connection, { type: 'conversation.deleted', conversationId: following.conversationId })
}

/** Reads and tells changed rows. False when the conversation is gone. */
async function tellChanges(services: Services, following: Following): Promise<boolean> {
  const { conversationId, told: { seq: after } } = following
  const read = (await changesSince(services, [{ conversationId, after }])).get(conversationId) ?? null
  tellChange(following, read)
  return read !== null
}

/** Tells the stored deltas that the follower lacks of each open reply; resolves with the ids of those. */
async function tellDeltas(services: Services, { told, conversationId, connection }: Following): Promise<Set<string>> {
  const { db } = services.database
  const open = await openReplies(db, conversationId)
  for (const { id, epoch } of open) {
    const from = lacksFrom(told, id, epoch)
    const delta = takeStored(told, conversationId, { id, epoch, stored: from === null ? [] : await deltasFrom(db, id, epoch, from) })
    if (delta) send(connection, { type: 'reply.delta', ...delta })
  }
  return new Set(open.map(row => row.id))
}

/** One look; null when it could not be done just now. */
async function tellAll(services: Services, following: Following): Promise<Set<string> | 'gone' | null> {
  if (following.connection.buffered() > slowAt) return null
  try {
    return await tellChanges(services, following) ? await tellDeltas(services, following) : 'gone'
  }
  catch (error) {
    services.log.warn({ err: error, conversationId: following.conversationId }, 'a follower could not be brought up to date')
    return null
  }
}

/**
 * Brings the follower up to date, and looks again until nothing is missing: what comes meanwhile is held, and the store
 * reaches where the holding began with its next interval. At most one at a time for each follower.
 */
export async function bringUpToDate(services: Services, following: Following, held: Delta[] = []): Promise<void> {
  const { connection, conversationId, told } = following
  if (told.held) return
  told.held = held
  while (connection.followed.get(conversationId) === following) {
    const open = await tellAll(services, following)
    if (open === 'gone') return
    if (open) {
      const { deltas, done } = releaseHeld(told, open)
      for (const delta of deltas) send(connection, { type: 'reply.delta', ...delta })
      if (done) return
    }
    await wait(againAfterMs)
  }
}
