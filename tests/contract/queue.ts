/** What every queue must do, whatever it stands on. Stopping is in queue-stopping.ts. */
import { describe, expect, test } from 'vitest'
import { HandedBack } from '../../server/queue/queue.ts'
import { newId } from '../../shared/ids.ts'
import { until } from '../support/until.ts'
import { benchFor, handlersWith, type QueueUnderTest } from './queue-bench.ts'
import { queueStoppingContract } from './queue-stopping.ts'

export function queueContract(openUnderTest: () => Promise<QueueUnderTest>, facts: { manyWorkers: boolean }): void {
  const bench = benchFor(openUnderTest)
  const { open, add } = bench
  queueStoppingContract(bench)

  describe('adding', () => {
    test('a job that is added and committed runs with its payload, and is gone when it is done', async () => {
      const ran: { messageId: string, attempt: number }[] = []
      const queue = open()
      await queue.work(handlersWith(async ({ messageId }, { attempt }) => { ran.push({ messageId, attempt }) }), { concurrency: 2 })
      const messageId = await add(queue)
      await until(() => ran.length === 1)
      expect(ran).toEqual([{ messageId, attempt: 1 }])
      await until(async () => (await queue.status()).running === 0)
      await queue.drain(1000)
      expect((await bench.on.count()).locked).toBe(0)
    })

    test('a transaction that is rolled back leaves no job', async () => {
      const ran: string[] = []
      const queue = open()
      await queue.work(handlersWith(async ({ messageId }) => { ran.push(messageId) }), { concurrency: 2 })
      const before = (await bench.on.count()).all
      await expect(bench.on.database.db.transaction(async (tx) => {
        await queue.enqueue(tx, 'write-reply', { messageId: newId() })
        throw new Error('no')
      })).rejects.toThrow('no')
      const kept = await add(queue)
      await until(() => ran.length > 0)
      await until(async () => (await bench.on.count()).all === before)
      expect(ran).toEqual([kept])
    })

    test('a job added inside a transaction does not run before the commit', async () => {
      const order: string[] = []
      const queue = open()
      await queue.work(handlersWith(async () => { order.push('ran') }), { concurrency: 2 })
      await bench.on.database.db.transaction(async (tx) => {
        await queue.enqueue(tx, 'write-reply', { messageId: newId() })
        for (let i = 0; i < 20; i++) await tx.select().from(bench.on.database.tables.user).limit(1)
        order.push('committing')
      })
      await until(() => order.length === 2)
      expect(order).toEqual(['committing', 'ran'])
    })

    test('a payload that does not fit is refused when it is added', async () => {
      const queue = open()
      const before = (await bench.on.count()).all
      await expect(add(queue, 'not an id')).rejects.toThrow()
      expect((await bench.on.count()).all).toBe(before)
    })

    test('the time from the commit to the start of a job is told', async () => {
      const started = new Map<string, number>()
      const queue = open()
      await queue.work(handlersWith(async ({ messageId }) => { started.set(messageId, performance.now()) }), { concurrency: 10 })
      const tookMs: number[] = []
      for (let i = 0; i < 50; i++) {
        const messageId = await add(queue)
        const committedAt = performance.now()
        await until(() => started.has(messageId))
        tookMs.push(started.get(messageId)! - committedAt)
      }
      tookMs.sort((a, b) => a - b)
      console.info(`commit → start: p50 ${tookMs[25]!.toFixed(2)} ms, p98 ${tookMs[48]!.toFixed(2)} ms`)
    })
  })

  describe('when and which', () => {
    test('a job waits for its time', async () => {
      let ranAt = 0
      const queue = open()
      await queue.work(handlersWith(async () => { ranAt = Date.now() }), { concurrency: 2 })
      const runAt = new Date(Date.now() + 400)
      await add(queue, newId(), { runAt })
      await until(() => ranAt > 0)
      // Postgres has its own clock, of the same machine here.
      expect(ranAt).toBeGreaterThanOrEqual(runAt.getTime() - 5)
      expect(ranAt - runAt.getTime()).toBeLessThan(2000)
    })

    test('a lower priority runs first', async () => {
      const order: string[] = []
      const queue = open()
      const [late, middle, first] = [await add(queue, newId(), { priority: 5 }), await add(queue), await add(queue, newId(), { priority: -5 })]
      await queue.work(handlersWith(async ({ messageId }) => { order.push(messageId) }), { concurrency: 1 })
      await until(() => order.length === 3)
      expect(order).toEqual([first, middle, late])
    })

    test('a waiting job with the same key is replaced', async () => {
      const ran: string[] = []
      const queue = open()
      const key = newId()
      for (const messageId of [newId(), newId()]) await add(queue, messageId, { key })
      const last = await add(queue, newId(), { key })
      await queue.work(handlersWith(async ({ messageId }) => { ran.push(messageId) }), { concurrency: 5 })
      await until(() => ran.length > 0)
      await until(async () => (await queue.status()).ready + (await queue.status()).running === 0)
      expect(ran).toEqual([last])
    })

    test('a running job with the same key is left alone, its retries included, and the new one runs, too', async () => {
      const ran: string[] = []
      let fail = () => {}
      const queue = open()
      await queue.work(handlersWith(async ({ messageId }, { attempt }) => {
        ran.push(`${messageId} ${attempt}`)
        if (ran.length === 1) await new Promise<void>((_, reject) => { fail = () => reject(new Error('first')) })
      }), { concurrency: 5 })
      const key = newId()
      const running = await add(queue, newId(), { key })
      await until(() => ran.length === 1)
      const added = await add(queue, newId(), { key })
      await until(() => ran.includes(`${added} 1`))
      fail()
      await until(() => ran.includes(`${running} 2`))
      expect(ran).toHaveLength(3)
    })

    test('no more jobs run at once than there are places', async () => {
      let running = 0
      let most = 0
      let ran = 0
      const queue = open()
      for (let i = 0; i < 30; i++) await add(queue)
      await queue.work(handlersWith(async () => {
        most = Math.max(most, ++running)
        await new Promise(resolve => setTimeout(resolve, 5))
        running--
        ran++
      }), { concurrency: 4 })
      await until(() => ran === 30)
      expect(most).toBe(4)
    })
  })

  describe('failing', () => {
    test('a job that fails is tried again after its back-off, until its attempts are used up; then it is dead and kept', async () => {
      const attempts: number[] = []
      const backOffs: number[] = []
      const queue = open({ backOff: (n) => { backOffs.push(n); return 20 } })
      await queue.work(handlersWith(async (_, { attempt }) => {
        attempts.push(attempt)
        throw new Error('broken')
      }), { concurrency: 2 })
      await add(queue)
      await until(async () => (await queue.status()).dead === 1, { withinMs: 20_000 })
      expect(attempts).toEqual([1, 2, 3, 4, 5])
      expect(backOffs).toEqual([1, 2, 3, 4])
      expect(bench.log.said('a job failed').map(line => line.level)).toEqual(['warn', 'warn', 'warn', 'warn', 'error'])
    })

    test('a job that is handed back runs again at once, and the try is not counted', async () => {
      const attempts: number[] = []
      const queue = open({ backOff: () => 60_000 })
      await queue.work(handlersWith(async (_, { attempt }) => {
        attempts.push(attempt)
        if (attempts.length < 10) throw new HandedBack()
      }), { concurrency: 2 })
      await add(queue)
      await until(() => attempts.length === 10)
      expect(new Set(attempts)).toEqual(new Set([1]))
    })

    test('a payload that does not fit makes a dead job with an error, and others run on', async () => {
      const ran: string[] = []
      const queue = open()
      await bench.on.addRaw('write-reply', { messageId: 'poison', secret: 'not for the log' })
      await bench.on.addRaw('write-reply', [1, 2, 3])
      await bench.on.addRaw('write-reply', 'text')
      await queue.work(handlersWith(async ({ messageId }) => { ran.push(messageId) }), { concurrency: 2 })
      const messageId = await add(queue)
      await until(() => ran.length > 0)
      await until(async () => (await queue.status()).dead === 3)
      expect(ran).toEqual([messageId])
      expect(JSON.stringify(bench.log.lines)).not.toContain('not for the log')
    })

    test('a handler that throws what is no error harms nobody', async () => {
      let ran = 0
      const queue = open()
      await queue.work(handlersWith(async () => {
        ran++
        if (ran === 1) throw undefined
      }), { concurrency: 1 })
      await add(queue)
      await until(() => ran === 2)
    })
  })

  test('a working process counts as living, once it says that it works', async () => {
    const workerId = newId()
    const queue = open({ workerId })
    expect(await queue.livingWorkers()).not.toContain(workerId)
    await queue.work(handlersWith(async () => {}), { concurrency: 1 })
    expect(await queue.livingWorkers()).toContain(workerId)
  })

  test('the status tells how many wait and since when', async () => {
    const queue = open()
    expect(await queue.status()).toEqual({ ready: 0, oldestMs: 0, running: 0, dead: 0 })
    await add(queue, newId(), { runAt: new Date(Date.now() - 60_000) })
    await add(queue, newId(), { runAt: new Date(Date.now() + 60_000) })
    const status = await queue.status()
    expect(status).toMatchObject({ ready: 1, running: 0, dead: 0 })
    expect(status.oldestMs).toBeGreaterThanOrEqual(59_000)
  })

  test.runIf(facts.manyWorkers)('of many workers exactly one runs a job', async () => {
    const ran: string[] = []
    const queues = [open(), open(), open()]
    for (const queue of queues)
      await queue.work(handlersWith(async ({ messageId }) => {
        ran.push(messageId)
        await new Promise(resolve => setTimeout(resolve, 2))
      }), { concurrency: 5 })
    const added = await Promise.all(Array.from({ length: 100 }, (_, i) => add(queues[i % 3]!)))
    await until(() => ran.length >= 100, { withinMs: 20_000 })
    await Promise.all(queues.map(queue => queue.drain(5000)))
    expect([...ran].sort()).toEqual([...added].sort())
  })
}
