import { expect, test } from 'vitest'
import { hearDelta, releaseHeld, takeStored, type Told } from '../../../server/live/told.ts'
import type { Delta } from '../../../shared/protocol.ts'

const conversationId = 'c'
const delta = (n: number, epoch = 1): Delta => ({ conversationId, messageId: 'm', epoch, n, upto: n, chunks: [{ type: 'text-delta', id: 'a', delta: `${n} ` }] })
const told = (n: number, epoch = 1): Told => ({ seq: 1, cursors: new Map([['m', { epoch, n }]]), held: null, overflowed: false })

test('a delta that follows is passed on, a known one and one of an older take are dropped', () => {
  const follower = told(3, 2)
  expect(hearDelta(follower, delta(4, 2))).toBe('pass')
  expect(hearDelta(follower, delta(4, 2))).toBe('drop')
  expect(hearDelta(follower, delta(5, 1))).toBe('drop')
})

test('a gap, and a reply nobody told of, ask for reading', () => {
  expect(hearDelta(told(3), delta(5))).toBe('read')
  expect(hearDelta(told(3), delta(2, 2))).toBe('read')
  expect(hearDelta(told(3), { ...delta(1), messageId: 'other' })).toBe('read')
})

test('stored deltas are cut exactly where the follower stopped', () => {
  const follower = told(2)
  const stored = [{ messageId: 'm', epoch: 1, n: 1, upto: 4, chunks: [1, 2, 3, 4].map(n => delta(n).chunks) }]
  expect(takeStored(follower, conversationId, { id: 'm', epoch: 1, stored })).toEqual({
    conversationId, messageId: 'm', epoch: 1, n: 3, upto: 4, chunks: [{ type: 'text-delta', id: 'a', delta: '3 4 ' }],
  })
})

test('stored deltas without those before them tell nothing: a late one of a reply whose others were dropped', () => {
  const follower = told(2)
  const pieces = (from: number, upto: number) => ({ messageId: 'm', epoch: 1, n: from, upto, chunks: Array.from({ length: upto - from + 1 }, (_, at) => delta(from + at).chunks) })
  expect(takeStored(follower, conversationId, { id: 'm', epoch: 1, stored: [pieces(5, 6)] })).toBeNull()
  expect(takeStored(follower, conversationId, { id: 'm', epoch: 1, stored: [pieces(2, 3), pieces(5, 6)] })).toMatchObject({ n: 3, upto: 3 })
  expect(follower.cursors.get('m')).toEqual({ epoch: 1, n: 3 })
})

test('what was held is let go once the store has reached it, and kept until then', () => {
  const follower = { ...told(2), held: [delta(5), delta(6)] }
  expect(releaseHeld(follower, new Set(['m']))).toEqual({ deltas: [], done: false })
  follower.cursors.set('m', { epoch: 1, n: 5 })
  expect(releaseHeld(follower, new Set(['m']))).toEqual({ deltas: [delta(6)], done: true })
  expect(follower.held).toBeNull()
})

test('held deltas of a reply that ended are dropped: its row tells everything', () => {
  const follower = { ...told(2), held: [delta(9)] }
  expect(releaseHeld(follower, new Set())).toEqual({ deltas: [], done: true })
})
