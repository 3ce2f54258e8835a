/**
 * What a follower of a conversation was told, and what it is told next: pure, no I/O, so that the seeded simulation
 * (tests/unit/simulation.test.ts) runs it through thousands of histories. `follow.ts` feeds it.
 */
import type { StoredDeltas } from '../../db/queries/deltas.ts'
import { mergeChunks } from '../../shared/chunks.ts'
import { isOpen, type Cursor } from '../../shared/conversation.ts'
import { isFurther, joined, judgeDelta } from '../../shared/follow.ts'
import type { Delta, EventOf } from '../../shared/protocol.ts'

/** Deltas kept for a follower while it is brought up to date; more of them are read from the store instead. */
const mostHeld = 1000

export interface Told {
  seq: number
  /** Of its open replies, by message id. */
  cursors: Map<string, Cursor>
  /** Deltas that came while it was being brought up to date; null when it is up to date. */
  held: Delta[] | null
  /** More came than is held. */
  overflowed: boolean
}

/** An open reply as the database has it: its epoch, and its stored deltas from the one that holds `from` on. */
export interface OpenReply { id: string, epoch: number, stored: readonly StoredDeltas[] }

const start: Cursor = { epoch: 0, n: 0 }

/** Where a follower goes on in a reply that is at `epoch`: the first delta it lacks; null when it knows a later epoch already. */
export function lacksFrom(told: Told, id: string, epoch: number): number | null {
  const known = told.cursors.get(id) ?? start
  if (known.epoch > epoch) return null
  return known.epoch === epoch ? known.n + 1 : 1
}

/** What to do with a delta that came over the bus: pass it on, drop it, or bring the follower up to date first (the delta is held). */
export function hearDelta(told: Told, delta: Delta): 'pass' | 'drop' | 'read' {
  if (told.held) {
    if (told.held.length < mostHeld) told.held.push(delta)
    else told.overflowed = true
    return 'drop'
  }
  const cursor = told.cursors.get(delta.messageId)
  const verdict = cursor ? judgeDelta(cursor, delta) : 'gap'
  if (verdict === 'ignore') return 'drop'
  if (verdict === 'gap') return 'read'
  told.cursors.set(delta.messageId, { epoch: delta.epoch, n: delta.upto })
  return 'pass'
}

/** Takes what was read of the rows; null when another reading told as much already. */
export function takeChange(told: Told, event: EventOf<'conversation.changed'>): EventOf<'conversation.changed'> | null {
  if (event.conversation.seq <= told.seq || event.after > told.seq) return null
  told.seq = event.conversation.seq
  for (const message of event.messages) {
    if (!isOpen(message.status)) told.cursors.delete(message.id)
    else if (isFurther(message.cursor, told.cursors.get(message.id) ?? { epoch: -1, n: 0 })) told.cursors.set(message.id, message.cursor)
  }
  return event
}

/** Takes what was read of one open reply's deltas: the joined rest the follower lacked, if any. */
export function takeStored(told: Told, conversationId: string, { id, epoch, stored }: OpenReply): Delta | null {
  const from = lacksFrom(told, id, epoch)
  const next = from === null ? [] : joined(from, stored)
  const upto = next.at(-1)?.upto
  if (from === null || upto === undefined || upto < from) {
    if (!told.cursors.has(id)) told.cursors.set(id, { epoch, n: 0 })
    return null
  }
  told.cursors.set(id, { epoch, n: upto })
  const chunks = mergeChunks(next.flatMap(({ n, chunks }) => chunks.slice(Math.max(0, from - n))).flat())
  return { conversationId, messageId: id, epoch, n: from, upto, chunks }
}

/**
 * Lets go of what was held, as far as it joins what was told. `done` false: something in between is still missing, and is
 * found in the store at the next look.
 */
export function releaseHeld(told: Told, open: ReadonlySet<string>): { deltas: Delta[], done: boolean } {
  const held = told.held ?? []
  const deltas: Delta[] = []
  if (told.overflowed) {
    told.overflowed = false
    told.held = []
    return { deltas, done: false }
  }
  for (const [index, delta] of held.entries()) {
    // Of a reply that has ended the row tells everything.
    if (!open.has(delta.messageId)) continue
    const verdict = judgeDelta(told.cursors.get(delta.messageId) ?? start, delta)
    if (verdict === 'gap') {
      told.held = held.slice(index)
      return { deltas, done: false }
    }
    if (verdict === 'ignore') continue
    told.cursors.set(delta.messageId, { epoch: delta.epoch, n: delta.upto })
    deltas.push(delta)
  }
  told.held = null
  return { deltas, done: true }
}
