import { describe, expect, test, vi } from 'vitest'
import { openDigests } from '../../../utils/part-digests.ts'
import type { Sending, Sent } from '../../../utils/send-bytes.ts'
import { sendInParts, type PartsUpload } from '../../../utils/upload-parts.ts'

const bytes = 10
const count = 5
const file = new Blob(['a'.repeat(10), 'b'.repeat(10), 'c'.repeat(10), 'd'.repeat(10), 'e'.repeat(4)])

/** A server and a store in memory, which take what they are told to. */
function place({ received = [], answer = () => ({ status: 200, text: '' }) }: { received?: number[], answer?: (number: number, nth: number) => Sent | Promise<Sent> } = {}) {
  const there = new Map(received.map(number => [number, '']))
  const tries = new Map<number, number>()
  const told: number[] = []
  let under = 0
  let most = 0
  const upload: PartsUpload = {
    file, signal: new AbortController().signal, progress: sent => told.push(sent), pause: async () => {},
    ask: async numbers => ({ bytes, count, received: [...there.keys()], addresses: numbers.map(number => ({ number, url: `/part/${number}`, expiresAt: 0 })) }),
    async send({ url, body }: Sending, { progress }) {
      const number = Number(url.split('/').at(-1))
      tries.set(number, (tries.get(number) ?? 0) + 1)
      most = Math.max(most, ++under)
      await new Promise(resolve => setImmediate(resolve))
      const sent = await answer(number, tries.get(number) ?? 0)
      under--
      if (sent.status === 200 && body instanceof Blob) {
        there.set(number, await body.text())
        progress(body.size)
      }
      return sent
    },
  }
  return { upload, there, tries, told, most: () => most }
}

test('a file goes in parts, three at a time, each whole and in its place', async () => {
  const { upload, there, told, most } = place()
  expect(await sendInParts(upload)).toBe(true)
  expect([1, 2, 3, 4, 5].map(number => there.get(number)).join('')).toBe(await file.text())
  expect(most()).toBe(3)
  expect(told.at(-1)).toBe(file.size)
})

test('what has arrived is not sent again, and counts as progress', async () => {
  const { upload, tries, told } = place({ received: [1, 2, 5] })
  expect(await sendInParts(upload)).toBe(true)
  expect([...tries.keys()].sort()).toEqual([3, 4])
  expect(told[0]).toBe(24)
  expect(told.at(-1)).toBe(file.size)
})

test('a part that failed is tried again', async () => {
  const { upload, tries } = place({ answer: (number, nth) => ({ status: number === 2 && nth < 3 ? 503 : 200, text: '' }) })
  expect(await sendInParts(upload)).toBe(true)
  expect(tries.get(2)).toBe(3)
})

test('a store that cannot be reached is told, so that another way is taken', async () => {
  const { upload } = place({ answer: () => ({ status: 0, text: '' }) })
  expect(await sendInParts(upload)).toBe(false)
})

test('a lost network ends it without a verdict about the store', async () => {
  const { upload } = place({ answer: () => ({ status: 0, text: '' }) })
  const ask = upload.ask
  let asked = 0
  upload.ask = numbers => ++asked > 4 ? Promise.reject(new Error('no network')) : ask(numbers)
  await expect(sendInParts(upload)).rejects.toThrow('no network')
})

test('a cancel ends it', async () => {
  const { upload } = place({ answer: () => { throw new Error('cancelled') } })
  await expect(sendInParts(upload)).rejects.toThrow('cancelled')
})

describe('a file that was chosen again', () => {
  /** What is remembered of parts that have these letters. */
  function remembered(parts: Record<number, string>) {
    const kept = new Map<string, Record<number, string>>()
    const keep = { get: async (key: string) => kept.get(key) ?? null, set: async (key: string, value: Record<number, string>) => { kept.set(key, { ...value }) }, remove: async () => {}, keys: async () => [...kept.keys()] }
    const before = openDigests('m', keep)
    return { keep, before: Promise.all(Object.entries(parts).map(([number, letters]) => before.sent(Number(number), new Blob([letters])))) }
  }

  test('goes on where it was, but sends again what has other bytes, and what nothing is known of', async () => {
    const { keep, before } = remembered({ 1: 'a'.repeat(10), 2: 'x'.repeat(10) })
    await before
    const { upload, tries, told } = place({ received: [1, 2, 3] })
    expect(await sendInParts({ ...upload, digests: openDigests('m', keep) })).toBe(true)
    expect([...tries.keys()].sort()).toEqual([2, 3, 4, 5])
    expect(told[0]).toBe(10)
  })

  test('needs no comparing where it was sent from this page, as where there is no https', async () => {
    vi.stubGlobal('crypto', {})
    try {
      const { keep } = remembered({})
      const digests = openDigests('m', keep)
      const { upload, tries } = place({ answer: (number, nth) => ({ status: number === 5 && nth < 4 ? 503 : 200, text: '' }) })
      expect(await sendInParts({ ...upload, digests })).toBe(false)
      expect(await sendInParts({ ...upload, digests })).toBe(true)
      expect([1, 2, 3, 4].map(number => tries.get(number))).toEqual([1, 1, 1, 1])
      const again = place({ received: [1, 2, 3, 4] })
      await sendInParts({ ...again.upload, digests: openDigests('m', keep) })
      expect(again.tries.size).toBe(5)
    }
    finally {
      vi.unstubAllGlobals()
    }
  })
})
