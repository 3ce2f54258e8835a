/** How every queue stops: drained, run once for a budget, or cut short. */
import { describe, expect, test } from 'vitest'
import { newId } from '../../shared/ids.ts'
import { until } from '../support/until.ts'
import { handlersWith, never, type QueueBench } from './queue-bench.ts'

export function queueStoppingContract(bench: QueueBench): void {
  const { open, add } = bench

  describe('stopping', () => {
    test('a drain waits for what runs, and takes nothing more', async () => {
      let finish = () => {}
      let done = 0
      const queue = open()
      await queue.work(handlersWith(async () => {
        await new Promise<void>((resolve) => { finish = resolve })
        done++
      }), { concurrency: 1 })
      await add(queue)
      await until(async () => (await queue.status()).running === 1)
      const drained = queue.drain(10_000)
      await add(queue)
      finish()
      await drained
      expect(done).toBe(1)
      expect(await queue.status()).toMatchObject({ running: 0, ready: 1 })
      expect([...await queue.livingWorkers() ?? []]).toEqual([])
    })

    test('what still runs when the grace is over is aborted and handed back without counting the try, and another worker runs it', async () => {
      const attempts: number[] = []
      const first = open()
      await first.work(handlersWith((_, { signal, attempt }) => {
        attempts.push(attempt)
        return never(signal)
      }), { concurrency: 10 })
      for (let i = 0; i < 5; i++) await add(first)
      await until(() => attempts.length === 5)
      await first.drain(50)
      expect(await first.status()).toMatchObject({ running: 0, ready: 5, dead: 0 })
      expect((await bench.on.count()).locked).toBe(0)
      await first.close()

      const again: number[] = []
      const second = open()
      await second.work(handlersWith(async (_, { attempt }) => { again.push(attempt) }), { concurrency: 10 })
      await until(() => again.length === 5)
      expect(again).toEqual([1, 1, 1, 1, 1])
    })

    test('a drain does not wait for a handler that hears nothing', async () => {
      const queue = open({ abandonAfterMs: 50 })
      let started = false
      await queue.work(handlersWith(() => {
        started = true
        return new Promise(() => {})
      }), { concurrency: 1 })
      await add(queue)
      await until(() => started)
      await queue.drain(20)
      expect(await queue.status()).toMatchObject({ running: 0, ready: 1 })
    })

    test('a worker that is drained under load leaves every job done or waiting, and none lost', async () => {
      const ran: string[] = []
      const queue = open()
      const added = new Set<string>()
      for (let i = 0; i < 40; i++) added.add(await add(queue))
      const work = handlersWith(async ({ messageId }, { signal }) => {
        await Promise.race([new Promise(resolve => setTimeout(resolve, 5)), never(signal)])
        ran.push(messageId)
      })
      await queue.work(work, { concurrency: 4 })
      await until(() => ran.length >= 8)
      await queue.drain(0)
      const atDrain = ran.length
      expect((await bench.on.count()).locked).toBe(0)
      expect((await queue.status()).ready).toBe(40 - atDrain)
      await queue.close()
      const next = open()
      await next.work(work, { concurrency: 4 })
      await until(() => ran.length >= 40)
      expect(new Set(ran)).toEqual(added)
      expect(ran).toHaveLength(40)
    })
  })

  describe('running once', () => {
    test('what is ready runs, what failed waits, and nobody counts as living afterwards', async () => {
      const queue = open({ backOff: () => 60_000 })
      for (let i = 0; i < 6; i++) await add(queue)
      await add(queue, newId(), { runAt: new Date(Date.now() + 3_600_000) })
      let calls = 0
      const { ran } = await queue.runOnce(handlersWith(async () => { if (++calls === 1) throw new Error('once') }), { concurrency: 2, budgetMs: 20_000 })
      expect(calls).toBe(6)
      expect(ran).toBeGreaterThanOrEqual(6)
      expect(await queue.status()).toMatchObject({ ready: 0, running: 0, dead: 0 })
      expect([...await queue.livingWorkers() ?? []]).toEqual([])
    })

    test('what is unfinished when the budget is spent is handed back, and the next call goes on', async () => {
      const queue = open()
      const messageId = await add(queue)
      const { ran } = await queue.runOnce(handlersWith((_, { signal }) => never(signal)), { concurrency: 2, budgetMs: 300 })
      expect(ran).toBe(0)
      const again: [string, number][] = []
      await queue.runOnce(handlersWith(async ({ messageId }, { attempt }) => { again.push([messageId, attempt]) }), { concurrency: 2, budgetMs: 20_000 })
      expect(again).toEqual([[messageId, 1]])
    })
  })
}
