import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jobTypes } from '../../server/queue/job-types.ts'
import { openSqliteQueue } from '../../server/queue/sqlite.ts'
import { newId } from '../../shared/ids.ts'
import { handlersWith, never } from '../contract/queue-bench.ts'
import { queueContract } from '../contract/queue.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { collectLog } from '../support/log.ts'
import { until } from '../support/until.ts'

const addRaw = async ({ database: { db, tables } }: TestDatabase, task: keyof typeof jobTypes, payload: unknown) => {
  await db.insert(tables.job).values({ id: newId(), task, payload, runAt: new Date(), maxAttempts: jobTypes[task].attempts })
}

queueContract(async () => {
  const test = await openTestDatabase('sqlite')
  const { db, tables } = test.database
  return {
    database: test.database,
    open: options => openSqliteQueue({ database: test.database, ...options }),
    addRaw: (task, payload) => addRaw(test, task, payload),
    count: async () => {
      // Scheduled jobs have rows that stay.
      const all = (await db.select().from(tables.job)).filter(({ key }) => !key?.startsWith('schedule:'))
      return { all: all.length, locked: all.filter(({ lockedBy }) => lockedBy !== null).length }
    },
    empty: async () => { await db.delete(tables.job) },
    remove: test.remove,
  }
}, { manyWorkers: false })

describe('a process that died', () => {
  let lent: TestDatabase
  beforeAll(async () => { lent = await openTestDatabase('sqlite') })
  afterAll(() => lent.remove())

  test('what it was running runs again as soon as the next one works, and the try stays counted', async () => {
    const { database } = lent
    const dead = openSqliteQueue({ database, workerId: newId(), log: collectLog() })
    let started = 0
    // With its one place taken it looks for nothing more, as the dead do.
    await dead.work(handlersWith((_, { signal }) => { started++; return never(signal) }), { concurrency: 1 })
    await database.db.transaction(tx => dead.enqueue(tx, 'write-reply', { messageId: newId() }))
    await until(() => started === 1)

    // It never says goodbye; to the next one its lock is all there is.
    const attempts: number[] = []
    const next = openSqliteQueue({ database, workerId: newId(), log: collectLog() })
    await next.work(handlersWith(async (_, { attempt }) => { attempts.push(attempt) }), { concurrency: 2 })
    await until(() => attempts.length === 1)
    expect(attempts).toEqual([2])
    await next.close()
    await dead.close()
    expect((await database.db.select().from(database.tables.job)).every(({ key }) => key?.startsWith('schedule:'))).toBe(true)
  })
})

describe('the schedule', () => {
  test('a job that came due while no process lived runs once at the next start, and then waits for its next time', async () => {
    const lent = await openTestDatabase('sqlite')
    try {
      const { db, tables } = lent.database
      const start = async () => {
        const swept: string[] = []
        const queue = openSqliteQueue({ database: lent.database, workerId: newId(), log: collectLog() })
        await queue.work(handlersWith(async () => {}, { sweep: async ({ what }) => { swept.push(what) } }), { concurrency: 2 })
        return { queue, swept }
      }
      const daily = eq(tables.job.key, 'schedule:sweep-daily')
      const first = await start()
      await first.queue.close()
      await db.update(tables.job).set({ runAt: new Date(Date.now() - 3 * 86_400_000) }).where(daily)

      const second = await start()
      await until(() => second.swept.includes('daily'))
      await until(async () => (await db.select().from(tables.job).where(daily))[0]!.runAt > new Date())
      await second.queue.close()

      const third = await start()
      await third.queue.close()
      expect([...second.swept, ...third.swept].filter(what => what === 'daily')).toEqual(['daily'])
      expect(await db.select().from(tables.job).where(daily)).toHaveLength(1)
    }
    finally { await lent.remove() }
  })
})

test('a take that stands in line when the queue closes leaves no job locked', async () => {
  const lent = await openTestDatabase('sqlite')
  try {
    const { db, tables } = lent.database
    const queue = openSqliteQueue({ database: lent.database, workerId: newId(), log: collectLog() })
    let ran = 0
    await queue.work(handlersWith(async () => { ran++ }), { concurrency: 2 })
    let commit: (() => void) | null = null
    const committed = db.transaction(async (tx) => {
      await queue.enqueue(tx, 'write-reply', { messageId: newId() })
      await new Promise<void>((resolve) => { commit = resolve })
    })
    const go = await until(() => commit as (() => void) | null)
    const order: string[] = []
    const closed = queue.close().then(() => order.push('closed'))
    await new Promise(resolve => setImmediate(resolve))
    order.push('committing')
    go()
    await Promise.all([committed, closed])
    // Whoever closes the database next finds nobody in the line.
    expect(order).toEqual(['committing', 'closed'])
    const jobs = (await db.select().from(tables.job)).filter(({ task }) => task === 'write-reply')
    expect(jobs).toMatchObject([{ lockedBy: null, attempts: 0 }])
    expect(ran).toBe(0)
  }
  finally { await lent.remove() }
})
