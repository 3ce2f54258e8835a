/**
 * How a follower of a reply takes its deltas: pure rules, the same on the server (per connection) and in the browser,
 * and what the seeded simulation tries. Deltas of a reply are numbered by its only writer, per epoch, from 1 without gaps.
 */
import type { Cursor } from './conversation.ts'

export type Verdict =
  /** The next piece: apply it. */
  | 'take'
  /** A newer epoch from its beginning: drop the old text, then apply. */
  | 'restart'
  /** Known already, or of an older epoch: drop it. */
  | 'ignore'
  /** Something before it is missing: keep what you have and ask for the rest. */
  | 'gap'

/** What to do with the delta that holds `n` to `upto` of `epoch`, for a follower that has read up to `cursor`. */
export function judgeDelta(cursor: Cursor, delta: { epoch: number, n: number, upto: number }): Verdict {
  if (delta.epoch < cursor.epoch) return 'ignore'
  if (delta.epoch > cursor.epoch) return delta.n === 1 ? 'restart' : 'gap'
  if (delta.upto <= cursor.n) return 'ignore'
  return delta.n === cursor.n + 1 ? 'take' : 'gap'
}

/**
 * Of stored pieces in order, those that follow each other from the one that holds `from` on: a hole ends them. Rows
 * and deltas are read apart: a reply that was open a moment ago may have had its deltas dropped, and a late one stored.
 */
export function joined<T extends { n: number, upto: number }>(from: number, stored: readonly T[]): readonly T[] {
  let next = from
  for (const [index, { n, upto }] of stored.entries()) {
    if (n > next) return stored.slice(0, index)
    next = upto + 1
  }
  return stored
}

/** True when `a` has read further than `b`. */
export const isFurther = (a: Cursor, b: Cursor): boolean => a.epoch > b.epoch || (a.epoch === b.epoch && a.n > b.n)

/** What to do with a set of changed rows (`after` < seq ≤ `seq`) for a follower that knows everything up to `known`. */
export function judgeChange(known: number, change: { after: number, seq: number }): Exclude<Verdict, 'restart'> {
  if (change.seq <= known) return 'ignore'
  return change.after <= known ? 'take' : 'gap'
}
