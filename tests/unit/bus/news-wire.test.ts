import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { News } from '../../../server/bus/bus.ts'
import { gapPayload, mostParts, Parts, publisherLength, readPayload, toPayloads } from '../../../server/bus/news-wire.ts'
import { newId } from '../../../shared/ids.ts'
import type { Delta } from '../../../shared/protocol.ts'

const publisher = 'p'.repeat(publisherLength)
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.tuple(fc.constantFrom('a', '"', 'é', '語', '🦜', '\u0000', '\uD83E'), fc.integer({ min: 0, max: 9000 })).map(([letter, times]) => letter.repeat(times)))
const delta: fc.Arbitrary<Delta> = fc.record({
  conversationId: fc.constant(newId()), messageId: fc.constant(newId()), epoch: fc.nat(), n: fc.nat(), upto: fc.nat(),
  chunks: fc.array(fc.record({ type: fc.constant('text-delta' as const), id: fc.constant('1'), delta: text }), { maxLength: 3 }),
})

/** What a receiver makes of payloads, in order. */
function receive(payloads: readonly string[]): News[] {
  const parts = new Parts()
  const read = (payload: string): News[] => {
    const wired = readPayload(payload)
    if (wired.kind === 'news') return [wired.news]
    const whole = wired.kind === 'part' ? parts.add(wired) : null
    return whole === null ? [] : read(whole)
  }
  return payloads.flatMap(read)
}

test('any deltas come out as they went in, in payloads that Postgres takes', () => {
  fc.assert(fc.property(fc.array(delta, { maxLength: 12 }), (deltas) => {
    const payloads = toPayloads(publisher, { type: 'deltas', deltas })
    for (const payload of payloads) {
      expect(Buffer.byteLength(payload)).toBeLessThan(8000)
      expect(payload).not.toContain('\u0000')
    }
    expect(receive(payloads).flatMap(news => news.type === 'deltas' ? news.deltas : [])).toEqual(deltas)
  }), { numRuns: 200 })
})

test('small deltas share a payload', () => {
  const small = Array.from({ length: 30 }, (_, n): Delta => ({ conversationId: newId(), messageId: newId(), epoch: 1, n, upto: n, chunks: [{ type: 'text-delta', id: '1', delta: ' token' }] }))
  expect(toPayloads(publisher, { type: 'deltas', deltas: small })).toHaveLength(1)
})

test('news with a missing or a foreign part is forgotten, and the next is whole again', () => {
  const large: News = { type: 'queue', model: 'm'.repeat(30_000) }
  const payloads = toPayloads(publisher, large)
  expect(payloads.length).toBeGreaterThan(3)
  const others = toPayloads('q'.repeat(publisherLength), large)
  expect(receive(payloads.toSpliced(1, 1))).toEqual([])
  expect(receive([...payloads.slice(0, 2), ...payloads])).toEqual([large])
  // Parts of two publishers may mix.
  expect(receive(payloads.flatMap((payload, i) => [payload, others[i]!]))).toEqual([large, large])
})

test('what is too large even for parts is not sent', () => {
  expect(toPayloads(publisher, { type: 'queue', model: 'm'.repeat(mostParts * 7600) })).toEqual([])
})

test('a gap is a payload of its own, and nonsense is refused', () => {
  expect(readPayload(gapPayload(publisher))).toEqual({ kind: 'gap' })
  expect(() => readPayload('')).toThrow(SyntaxError)
  expect(() => readPayload(`${publisher}z`)).toThrow(SyntaxError)
})
