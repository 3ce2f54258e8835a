/** What every bus must do, whatever it stands on. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Bus, News } from '../../server/bus/bus.ts'
import { newId } from '../../shared/ids.ts'
import type { Delta } from '../../shared/protocol.ts'
import { collectLog, type CollectedLog } from '../support/log.ts'
import { until } from '../support/until.ts'

export interface BusUnderTest {
  /** A bus of one more process; on an emitter all are the same one. */
  open(log: CollectedLog): Bus
  remove(): Promise<void>
}

export const deltaOf = (messageId: string, n: number, text: string): Delta =>
  ({ conversationId: messageId, messageId, epoch: 1, n, upto: n, chunks: [{ type: 'text-delta', id: '1', delta: text }] })

/** The deltas among what was heard, in order. */
export const deltasOf = (heard: readonly News[]): Delta[] => heard.flatMap(news => news.type === 'deltas' ? news.deltas : [])

/** Everything a bus hears from now on. */
export function listen(bus: Bus): News[] {
  const heard: News[] = []
  bus.subscribe(news => heard.push(news))
  return heard
}

export function busContract(openUnderTest: () => Promise<BusUnderTest>): void {
  let on: BusUnderTest
  let log: CollectedLog
  let buses: Bus[] = []
  beforeAll(async () => { on = await openUnderTest() })
  afterAll(() => on.remove())
  beforeEach(() => { log = collectLog() })
  afterEach(async () => {
    await Promise.all(buses.map(bus => bus.close()))
    buses = []
  })
  const open = async () => {
    const bus = on.open(log)
    buses.push(bus)
    await bus.ready
    return bus
  }

  test('every subscriber of every process hears every kind of news, as it was said, once', async () => {
    const [here, there] = [await open(), await open()]
    const heard = [listen(here), listen(here), listen(there)]
    const id = newId()
    const all: News[] = [
      { type: 'deltas', deltas: [deltaOf(id, 1, 'Hello'), deltaOf(id, 2, ' you')] },
      { type: 'changed', conversationId: id, userId: id, seq: 7 },
      { type: 'deleted', conversationId: id, userId: id },
      { type: 'stop', messageId: id },
      { type: 'queue', model: 'demo' },
      { type: 'media', mediaId: id, userId: id, conversationId: null },
      { type: 'presence', conversationId: id, userId: id },
      { type: 'session.ended', sessionId: id },
      { type: 'user.ended', userId: id },
      { type: 'workers' },
    ]
    for (const news of all) await here.publish(news)
    for (const list of heard) {
      await until(() => list.length >= all.length)
      expect(list).toEqual(all)
    }
  })

  test('news of one publisher arrives in order, however fast it comes', async () => {
    const [here, there] = [await open(), await open()]
    const heard = [listen(here), listen(there)]
    const id = newId()
    await Promise.all(Array.from({ length: 2000 }, (_, i) => i % 3
      ? here.publish({ type: 'changed', conversationId: id, userId: id, seq: i })
      : here.publish({ type: 'deltas', deltas: [deltaOf(id, i, 'x')] })))
    for (const list of heard) {
      await until(() => list.filter(({ type }) => type === 'changed').length === 1333)
      await until(() => deltasOf(list).length === 667)
      expect(deltasOf(list).map(({ n }) => n)).toEqual(Array.from({ length: 667 }, (_, i) => i * 3))
    }
  })

  test('who has unsubscribed hears nothing more; the same function may listen twice', async () => {
    const bus = await open()
    let heard = 0
    const listener = () => { heard++ }
    const stops = [bus.subscribe(listener), bus.subscribe(listener)]
    await bus.publish({ type: 'workers' })
    expect(heard).toBe(2)
    stops[0]!()
    await bus.publish({ type: 'workers' })
    expect(heard).toBe(3)
    stops[1]!()
    stops[1]!()
    await bus.publish({ type: 'workers' })
    expect(heard).toBe(3)
  })

  test('a listener that throws is logged, and the others hear all the same', async () => {
    const bus = await open()
    bus.subscribe(() => { throw new Error('broken') })
    const heard = listen(bus)
    await bus.publish({ type: 'workers' })
    expect(heard).toHaveLength(1)
    expect(log.said('a listener of the bus failed')).toHaveLength(1)
  })

  test('news that a listener publishes comes after the news it answers, for everybody', async () => {
    const bus = await open()
    bus.subscribe((news) => { if (news.type === 'workers') void bus.publish({ type: 'queue', model: 'a' }) })
    const heard = listen(bus)
    await bus.publish({ type: 'workers' })
    expect(heard.map(({ type }) => type)).toEqual(['workers', 'queue'])
  })

  describe('text of any kind and size', () => {
    test.each([
      ['plain', 'a'],
      ['two bytes', 'é'],
      ['three bytes', '語'],
      ['four bytes', '🦜'],
      ['a quote, which JSON doubles', '"'],
      ['NUL, which Postgres refuses', '\u0000'],
      ['half of a pair', '\uD83E'],
    ])('batches around the size of a notification arrive byte for byte: %s', async (_, letter) => {
      const [here, there] = [await open(), await open()]
      const heard = listen(there)
      const id = newId()
      const lengths = [1, 1200, 1290, 1900, 1950, 2550, 2580, 3800, 3850, 7500, 7600, 7650, 7700, 7750, 7800, 7850, 7999, 8000, 8001, 100_000]
      const deltas = lengths.map((length, i) => deltaOf(id, i + 1, letter.repeat(length)))
      for (const delta of deltas) await here.publish({ type: 'deltas', deltas: [delta] })
      await until(() => deltasOf(heard).length === deltas.length)
      expect(deltasOf(heard)).toEqual(deltas)
    })

    test('a batch of many deltas is split in order', async () => {
      const [here, there] = [await open(), await open()]
      const heard = listen(there)
      const deltas = Array.from({ length: 1000 }, (_, i) => deltaOf(newId(), i + 1, '语é"'.repeat(i % 70)))
      await here.publish({ type: 'deltas', deltas })
      await until(() => deltasOf(heard).length === 1000)
      expect(deltasOf(heard)).toEqual(deltas)
    })
  })

  test('nothing is heard and nothing thrown after closing', async () => {
    const bus = await open()
    const heard = listen(bus)
    await bus.close()
    await bus.publish({ type: 'workers' })
    expect(heard).toEqual([])
  })

  test('how many deltas a second go through is told', async () => {
    const [here, there] = [await open(), await open()]
    const heard = listen(there)
    const ids = Array.from({ length: 100 }, newId)
    const start = performance.now()
    for (let n = 1; n <= 100; n++) await here.publish({ type: 'deltas', deltas: ids.map(id => deltaOf(id, n, ' token')) })
    await until(() => deltasOf(heard).length === 10_000, { withinMs: 20_000 })
    console.info(`10,000 deltas in batches of 100: ${Math.round(10_000 / (performance.now() - start) * 1000)} a second`)
  })
}
