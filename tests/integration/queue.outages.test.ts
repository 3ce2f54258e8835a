/** The fleet's queue while Postgres restarts, connections are cut, and rows are left in odd states. */
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openGraphileQueue } from '../../server/queue/graphile.ts'
import type { JobQueue } from '../../server/queue/queue.ts'
import { newId } from '../../shared/ids.ts'
import { handlersWith, never } from '../contract/queue-bench.ts'
import { collectLog, type CollectedLog } from '../support/log.ts'
import { launch, type LaunchedPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'

let server: LaunchedPostgres
let pool: pg.Pool
let log: CollectedLog
let queues: JobQueue[] = []

beforeAll(async () => {
  server = await launch()
  pool = new pg.Pool({ connectionString: server.url, max: 4 })
  pool.on('error', () => {})
  pool.on('connect', client => client.on('error', () => {}))
  // The test server forgets the last commits when it is stopped at once, unless it is told not to.
  await pool.query('alter role postgres set synchronous_commit = on')
  log = collectLog()
})
afterEach(async () => {
  await Promise.all(queues.map(queue => queue.close()))
  queues = []
  await pool.query('delete from graphile_worker._private_jobs')
})
afterAll(async () => {
  await pool.end()
  await server.end()
})

const open = (workerId = newId()) => {
  const queue = openGraphileQueue({ url: server.url, workerId, log, backOff: () => 5 })
  queues.push(queue)
  return queue
}
const addJob = (count = 1) => pool.query(`select graphile_worker.add_job('write-reply', json_build_object('messageId', id), max_attempts => 5) from unnest($1::text[]) id`, [Array.from({ length: count }, newId)])
const rowCount = async () => (await pool.query('select from graphile_worker._private_jobs')).rowCount
const cut = (name: string) => pool.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name like $1', [name])

/** Jobs that run until they are released, and a note of every start. */
function heldJobs() {
  const starts: { messageId: string, attempt: number }[] = []
  const held: (() => void)[] = []
  let aborted = 0
  const handlers = handlersWith(async ({ messageId }, { attempt, signal }) => {
    starts.push({ messageId, attempt })
    signal.addEventListener('abort', () => aborted++)
    await new Promise<void>((resolve) => { held.push(resolve) })
  })
  return { starts, handlers, release: () => held.splice(0).forEach(resolve => resolve()), aborted: () => aborted }
}

test('ten processes that start at once on an empty database make the tables once', async () => {
  const ten = Array.from({ length: 10 }, () => open())
  expect(await Promise.all(ten.map(queue => queue.status()))).toEqual(Array.from({ length: 10 }, () => ({ ready: 0, oldestMs: 0, running: 0, dead: 0 })))
})

describe.each(['SIGINT', 'SIGQUIT'] as const)('Postgres restarts by %s while jobs run', (signal) => {
  test('no job is taken from a living worker, every job ends once, and new ones run', async () => {
    const { starts, handlers, release, aborted } = heldJobs()
    const workers = [open(), open()]
    for (const worker of workers) await worker.work(handlers, { concurrency: 20 })
    await addJob(20)
    await until(() => starts.length === 20)

    await server.restart(signal, 800)
    expect(await workers[0]!.livingWorkers()).toBeNull()
    const living = await until(() => workers[0]!.livingWorkers(), { withinMs: 10_000 })
    expect(living.size).toBe(2)
    // Two looks and more have passed since the mercy ended, on both.
    await until(() => workers[1]!.livingWorkers(), { withinMs: 10_000 })
    await new Promise(resolve => setTimeout(resolve, 1500))
    expect(starts).toHaveLength(20)
    expect(aborted()).toBe(0)

    release()
    await until(async () => await rowCount() === 0, { withinMs: 10_000 })
    expect(starts.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 20 }, () => 1))
    const since = performance.now()
    await addJob()
    await until(() => starts.length === 21)
    console.info(`after a restart, commit → start: ${(performance.now() - since).toFixed(0)} ms`)
    release()
  })
})

test('jobs that end while Postgres is away are written down when it is back, once', async () => {
  const { starts, handlers, release } = heldJobs()
  await open().work(handlers, { concurrency: 20 })
  await addJob(20)
  await until(() => starts.length === 20)
  const restarted = server.restart('SIGQUIT', 1500)
  await until(() => log.said('a line to Postgres is down').length > 0)
  release()
  await restarted
  await until(async () => await rowCount() === 0, { withinMs: 15_000 })
  expect(starts).toHaveLength(20)
})

test('a worker whose own connections are cut again and again loses no job and is never taken for dead', async () => {
  const { starts, handlers, release, aborted } = heldJobs()
  const [first, second] = [open(), open()]
  await first.work(handlers, { concurrency: 5 })
  await second.work(handlers, { concurrency: 5 })
  await addJob(10)
  await until(() => starts.length === 10)
  for (let i = 0; i < 8; i++) {
    await cut(i % 2 ? 'parley-queue' : 'parley:%')
    await new Promise(resolve => setTimeout(resolve, 300))
  }
  await new Promise(resolve => setTimeout(resolve, 1500))
  expect(starts).toHaveLength(10)
  expect(aborted()).toBe(0)
  release()
  await until(async () => await rowCount() === 0, { withinMs: 10_000 })
  // The cut may have ended the listening connection, too: what is added is found all the same.
  await addJob()
  await until(() => starts.length === 11, { withinMs: 3000 })
  release()
})

test('a job that was taken without its worker hearing of it is run by somebody', async () => {
  const workerId = newId()
  const ran: number[] = []
  await open(workerId).work(handlersWith(async (_, { attempt }) => { ran.push(attempt) }), { concurrency: 5 })
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query(`select graphile_worker.add_job('write-reply', $1::json, max_attempts => 5)`, [JSON.stringify({ messageId: newId() })])
    await client.query('update graphile_worker._private_jobs set locked_by = $1, locked_at = now(), attempts = 1', [workerId])
    await client.query('commit')
  }
  finally { client.release() }
  await until(() => ran.length === 1)
  expect(ran).toEqual([2])
})

test('what a zombie says about a job that another worker runs by now changes nothing', async () => {
  let finish = () => {}
  let finished = false
  const zombie = open()
  await zombie.work(handlersWith(async () => {
    await new Promise<void>((resolve) => { finish = resolve })
    finished = true
  }), { concurrency: 1 })
  await addJob()
  await until(async () => (await zombie.status()).running === 1)

  const attempts: number[] = []
  const successorId = newId()
  await open(successorId).work(handlersWith((_, { attempt, signal }) => {
    attempts.push(attempt)
    return never(signal)
  }), { concurrency: 1 })
  await pool.query(`update graphile_worker._private_jobs set locked_by = 'nobody that lives'`)
  await until(() => attempts.length === 1)
  expect(attempts).toEqual([2])
  finish()
  await until(() => finished)
  await zombie.close()
  expect((await pool.query('select locked_by from graphile_worker._private_jobs')).rows).toEqual([{ locked_by: successorId }])
})

test('a job of the schedule that was missed is made up for once, however many workers start', async () => {
  await pool.query(`insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution) values ('sweep-daily', now() - interval '9 d', now() - interval '2 d')
    on conflict (identifier) do update set known_since = excluded.known_since, last_execution = excluded.last_execution`)
  const swept: string[] = []
  await Promise.all(Array.from({ length: 4 }, () => open().work(handlersWith(async () => {}, { sweep: async ({ what }) => { swept.push(what) } }), { concurrency: 2 })))
  await until(() => swept.includes('daily'))
  await until(async () => (await queues[0]!.status()).ready === 0)
  expect(swept.filter(what => what === 'daily')).toEqual(['daily'])
})

test('a process that only adds jobs sees who works, and does not count itself', async () => {
  const [web, workerId] = [open(), newId()]
  expect(await web.livingWorkers()).toEqual(new Set())
  const worker = open(workerId)
  await worker.work(handlersWith((_, { signal }) => never(signal)), { concurrency: 1 })
  expect(await web.livingWorkers()).toEqual(new Set([workerId]))
  await cut('parley-watch')
  await until(async () => await web.livingWorkers() === null)
  await until(async () => (await web.livingWorkers())?.has(workerId), { withinMs: 10_000 })
  await worker.drain(0)
  expect(await web.livingWorkers()).toEqual(new Set())
})

test('a worker that is told to stop while Postgres is away stops, and its jobs run when it is back', async () => {
  const { starts, handlers } = heldJobs()
  const worker = open()
  await worker.work(handlersWith((payload, context) => {
    starts.push({ messageId: payload.messageId, attempt: context.attempt })
    return never(context.signal)
  }), { concurrency: 5 })
  await addJob(3)
  await until(() => starts.length === 3)
  const restarted = server.restart('SIGINT', 14_000)
  await until(() => log.said('a line to Postgres is down').length > 0)
  const since = performance.now()
  await worker.drain(100)
  await worker.close()
  expect(performance.now() - since).toBeLessThan(25_000)
  await restarted
  starts.length = 0
  await open().work(handlers, { concurrency: 5 })
  await until(() => starts.length === 3, { withinMs: 15_000 })
  expect(starts.map(({ attempt }) => attempt)).toEqual([2, 2, 2])
})
