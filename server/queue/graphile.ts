/**
 * The queue of a fleet: graphile-worker. Jobs are added by its SQL function in the caller's own transaction and taken by
 * its runner; back-off, deadlines, hand-backs and the death of workers are ours. See docs/decisions/0007-queue.md.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { runMigrations } from 'graphile-worker'
import pg from 'pg'
import { addGraphileJob } from '../../db/queries/graphile-jobs.ts'
import type { Log } from '../log.ts'
import { Liveness } from './graphile-liveness.ts'
import { endTake, freeStopped, hasMore, readStatus, type GraphileJob, type Sequel } from './graphile-rows.ts'
import { GraphileRunner, quietLogger } from './graphile-runner.ts'
import { backOffMs, jobTypes } from './job-types.ts'
import type { JobHandlers, JobQueue } from './queue.ts'
import { Runs, within, type Outcome } from './runs.ts'

export interface GraphileQueueOptions {
  /** A direct URL, never a pooler's: the worker listens and is known by its session. */
  url: string
  workerId: string
  log: Log
  /** Milliseconds to wait after the n-th failure; tests shorten it. */
  backOff?: (attempts: number) => number
  abandonAfterMs?: number
}

interface Session { runs: Runs<GraphileJob>, runner: GraphileRunner }

/** How long stopping waits for Postgres, at each step. What is not written by then is freed by others, as a dead worker's. */
const lastWordsMs = 5000
/** Any number that only migrations of graphile-worker's tables use. */
const migrationLock = 7_302_511

function openPool(url: string, log: Log): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 6, keepAlive: true, connectionTimeoutMillis: 5000, application_name: 'parley-queue' })
  const onError = (err: Error) => log.warn({ err }, 'a connection of the queue was cut')
  // Both are needed: one for idle connections, one for those in use. Without them an error ends the process.
  pool.on('error', onError)
  pool.on('connect', client => client.on('error', onError))
  return pool
}

/** Makes or updates graphile-worker's tables; however many processes start at once, one does it at a time. */
async function migrate(pool: pg.Pool, log: Log): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock])
    await runMigrations({ pgPool: pool, logger: quietLogger(log) })
  }
  finally {
    // Ending the connection frees the lock, whatever happened.
    client.release(true)
  }
}

/** Repeats `work` until it succeeds or there is no more time; Postgres may be away for a while. `onTrouble` hears of the first failure. */
async function persist(work: () => Promise<unknown>, outOfTime: () => boolean, onTrouble: (err: unknown) => void): Promise<void> {
  for (let waitMs = 50; ; waitMs = Math.min(1000, waitMs * 2)) {
    try { await work(); return }
    catch (err) {
      if (outOfTime()) throw err
      if (waitMs === 50) onTrouble(err)
    }
    await pause(waitMs)
  }
}

class GraphileQueue {
  readonly pool: pg.Pool
  readonly liveness: Liveness<GraphileJob>
  /** Resolves when graphile-worker's tables are there. */
  readonly migrated: Promise<void>
  readonly #options: GraphileQueueOptions
  #session: Session | null = null
  #closed = false
  /** Outcomes are written until then (epoch milliseconds), though Postgres is away: set while draining. */
  #writeUntil = Infinity

  constructor(options: GraphileQueueOptions) {
    const { url, log } = options
    this.#options = options
    this.pool = openPool(url, log)
    this.liveness = new Liveness(options)
    this.migrated = persist(() => migrate(this.pool, log), () => this.#closed, err => log.warn({ err }, 'the queue waits for Postgres'))
    // Whoever needs it hears of it; a process that closes before doesn't.
    this.migrated.catch(() => {})
  }

  async start(handlers: JobHandlers, concurrency: number): Promise<Session> {
    if (this.#session) throw new Error('This queue is working already.')
    const { log, workerId, abandonAfterMs } = this.#options
    const runs = new Runs<GraphileJob>({ handlers, log, abandonAfterMs, settle: (job, outcome) => this.#settle(job, outcome) })
    const runner = new GraphileRunner({ pool: this.pool, workerId, log, runs, concurrency })
    const session = this.#session = { runs, runner }
    await this.migrated
    // Seen to live before the first job can be taken: else it would look like a dead worker's.
    await this.liveness.start({ runs, onReady: count => runner.nudge(count) })
    await runner.start()
    return session
  }

  async drain(graceMs: number): Promise<void> {
    const session = this.#session
    if (!session) return
    this.#writeUntil = Date.now() + graceMs + lastWordsMs
    const stopped = session.runner.stop()
    await session.runs.drain(graceMs)
    // A take may have been under way: what it brought is handed back by now, or is freed here.
    await within(lastWordsMs, stopped)
    await session.runs.idle()
    await within(lastWordsMs, freeStopped(this.pool, this.#options.workerId))
    await this.liveness.stop()
    this.#writeUntil = Infinity
    this.#session = null
  }

  async runOnce(handlers: JobHandlers, concurrency: number, budgetMs: number): Promise<{ ran: number }> {
    const until = Date.now() + budgetMs
    const { runs } = await this.start(handlers, concurrency)
    try { while (Date.now() < until && (runs.size > 0 || await hasMore(this.pool))) await pause(25) }
    finally { await this.drain(0) }
    return { ran: runs.finished }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.drain(0)
    await this.liveness.close()
    await within(lastWordsMs, this.pool.end())
  }

  /** Writes an outcome down, however long Postgres is away: until then the job stays ours, or another worker has it. */
  #settle(job: GraphileJob, outcome: Outcome): Promise<void> {
    const { workerId, log, backOff = backOffMs } = this.#options
    return persist(
      () => endTake(this.pool, job, workerId, sequelOf(job, outcome, backOff)),
      () => this.#closed || Date.now() > this.#writeUntil,
      err => log.warn({ err, job: job.id }, 'the outcome of a job waits for Postgres'),
    )
  }
}

function sequelOf(job: GraphileJob, outcome: Outcome, backOff: (attempts: number) => number): Sequel {
  switch (outcome.kind) {
    case 'done': return null
    case 'handed-back': return { attempts: job.attempt - 1, delayMs: 0, lastError: null }
    case 'failed': return {
      attempts: outcome.dead ? job.maxAttempts : job.attempt,
      delayMs: outcome.dead ? 0 : backOff(job.attempt),
      lastError: outcome.error,
    }
  }
}

export function openGraphileQueue(options: GraphileQueueOptions): JobQueue {
  const queue = new GraphileQueue(options)
  return {
    async enqueue(tx, name, payload, { key = null, runAt = null, priority = 0 }: { key?: string | null, runAt?: Date | null, priority?: number } = {}) {
      await queue.migrated
      const type = jobTypes[name]
      await addGraphileJob(tx, { task: name, payload: type.payload.parse(payload), key, priority, runAt, maxAttempts: type.attempts })
    },
    work: async (handlers, { concurrency }) => { await queue.start(handlers, concurrency) },
    runOnce: (handlers, { concurrency, budgetMs }) => queue.runOnce(handlers, concurrency, budgetMs),
    drain: graceMs => queue.drain(graceMs),
    livingWorkers: () => queue.liveness.living(),
    status: async () => {
      await queue.migrated
      return readStatus(queue.pool)
    },
    close: () => queue.close(),
  }
}
