/**
 * The queue of the zero-setup mode: rows of `job` in the same file, run by the one process that owns it. A take asks
 * the database for its turn the moment a job is added; turns are served one after another, so it runs right after the
 * commit of the transaction that adds the job. See docs/decisions/0007-queue.md.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import type { Database } from '../../db/database.ts'
import { addJob, countJobs, findJobTime, nextJobAt, releaseJob, removeJobs, takeJobs, unlockOthers } from '../../db/queries/jobs.ts'
import type { Log } from '../log.ts'
import { gather } from '../gather.ts'
import { nextRun } from './cron.ts'
import { backOffMs, jobTypes, schedule } from './job-types.ts'
import type { JobHandlers, JobQueue } from './queue.ts'
import { Runs, type Outcome, type TakenJob } from './runs.ts'

export interface SqliteQueueOptions {
  database: Database
  workerId: string
  log: Log
  /** Milliseconds to wait after the n-th failure; tests shorten it. */
  backOff?: (attempts: number) => number
  abandonAfterMs?: number
}

interface Taken extends TakenJob { key: string | null }

/** Jobs one statement takes at most. */
const atOnce = 50
/** A timer's longest time; what is further ahead is looked at again then. */
const longestTimerMs = 2 ** 31 - 1
const scheduleKey = (id: string) => `schedule:${id}`

/** Takes jobs while there are places, until it is stopped. */
class Taking {
  readonly runs: Runs<Taken>
  readonly #options: SqliteQueueOptions
  readonly #concurrency: number
  // A take that is asked for inside somebody's transaction must not run in it: it keeps the context of this moment.
  readonly #outside = AsyncLocalStorage.snapshot()
  #timer: NodeJS.Timeout | undefined
  #busy = false
  #loop: Promise<void> = Promise.resolve()
  #again = false
  #full = false
  #stopped = false

  constructor(options: SqliteQueueOptions, handlers: JobHandlers, concurrency: number) {
    this.#options = options
    this.#concurrency = concurrency
    const { log, abandonAfterMs } = options
    const settle = settler(options)
    this.runs = new Runs<Taken>({ handlers, log, abandonAfterMs, settle: async (job, outcome) => {
      await settle(job, outcome)
      // What is to run again sets the timer.
      if (outcome.kind !== 'done' || scheduled(job)) this.nudge()
    } })
  }

  /** There may be something to take. */
  nudge(): void {
    if (this.#stopped) return
    if (this.#busy) this.#again = true
    else this.#loop = this.#outside(() => this.#keepTaking())
  }

  async drain(graceMs: number): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const drained = this.runs.drain(graceMs)
    // A take may stand in line behind a transaction: what it brings is handed back.
    await this.#loop
    await drained
    await this.runs.idle()
  }

  async #keepTaking(): Promise<void> {
    this.#busy = true
    do {
      this.#again = false
      // Jobs that are being added at this moment are taken together.
      await nextTurn()
      try { await this.#take() }
      catch (err) {
        this.#options.log.error({ err }, 'jobs could not be taken')
        this.#wake(1000)
      }
    } while (this.#again && !this.#stopped)
    this.#busy = false
  }

  /** Takes until places or jobs run out, then sets the timer for the next one's time. */
  async #take(): Promise<void> {
    const { database, workerId } = this.#options
    for (;;) {
      const places = this.#concurrency - this.runs.size
      // With every place taken there is nothing to wait for: a job that ends nudges then.
      this.#full = places <= 0
      if (this.#stopped || this.#full) return
      const rows = await database.lax(() => takeJobs(database.db, workerId, new Date(), Math.min(places, atOnce)))
      for (const { id, task, payload, key, attempts, maxAttempts } of rows) {
        void this.runs.run({ id, task, payload, key, attempt: attempts, maxAttempts }).then(() => {
          if (this.#full) this.nudge()
        })
      }
      if (rows.length === 0) return this.#wakeForNext()
    }
  }

  async #wakeForNext(): Promise<void> {
    const next = await nextJobAt(this.#options.database.db)
    if (next) this.#wake(next.getTime() - Date.now())
  }

  #wake(afterMs: number): void {
    clearTimeout(this.#timer)
    if (!this.#stopped) this.#timer = setTimeout(() => this.nudge(), Math.min(longestTimerMs, Math.max(1, afterMs)))
  }
}

const scheduled = (job: Taken) => schedule.find(({ id }) => scheduleKey(id) === job.key)

/** Writes outcomes down. Losing one when the power goes costs a second run of the job, which is harmless. */
function settler({ database, workerId, backOff = backOffMs }: SqliteQueueOptions): (job: Taken, outcome: Outcome) => Promise<void> {
  const { db } = database
  const remove = gather((ids: string[]) => database.lax(() => removeJobs(db, ids, workerId)))
  return (job, outcome) => {
    const item = scheduled(job)
    const lastError = outcome.kind === 'failed' ? outcome.error : null
    const release = (change: Parameters<typeof releaseJob>[3]) => database.lax(() => releaseJob(db, job.id, workerId, change))
    if (outcome.kind === 'handed-back') return release({ attempts: job.attempt - 1 })
    if (outcome.kind === 'failed' && !outcome.dead) return release({ attempts: job.attempt, runAt: new Date(Date.now() + backOff(job.attempt)), lastError })
    // The row of a scheduled job stays and waits for its next time: so a restart knows what has run.
    if (item) return release({ attempts: 0, runAt: nextRun(item.match, new Date()), lastError })
    if (outcome.kind === 'failed') return release({ attempts: job.maxAttempts, lastError })
    return remove(job.id)
  }
}

/** One waiting row for each scheduled job. One that came due while no process lived is late, and runs now, once. */
async function ensureSchedule({ db }: Database): Promise<void> {
  for (const { id, match, name, payload } of schedule) {
    const runAt = nextRun(match, new Date())
    const present = await findJobTime(db, scheduleKey(id))
    if (!present || present > runAt)
      await addJob(db, { task: name, payload, key: scheduleKey(id), priority: 0, runAt, maxAttempts: jobTypes[name].attempts })
  }
}

async function readStatus({ db }: Database) {
  const now = new Date()
  const { oldest, ...counts } = await countJobs(db, now)
  return { ...counts, oldestMs: oldest ? now.getTime() - oldest.getTime() : 0 }
}

export function openSqliteQueue(options: SqliteQueueOptions): JobQueue {
  const { database, workerId, log } = options
  let taking: Taking | null = null

  async function start(handlers: JobHandlers, concurrency: number): Promise<Taking> {
    if (taking) throw new Error('This queue is working already.')
    taking = new Taking(options, handlers, concurrency)
    await database.ready
    const freed = await unlockOthers(database.db, workerId)
    if (freed.length > 0) log.warn({ jobs: freed.length }, 'jobs of a process that is gone are run again')
    await ensureSchedule(database)
    taking.nudge()
    return taking
  }

  async function drain(graceMs: number): Promise<void> {
    await taking?.drain(graceMs)
    taking = null
  }

  return {
    async enqueue(tx, name, payload, { key = null, runAt = new Date(), priority = 0 } = {}) {
      const type = jobTypes[name]
      await addJob(tx, { task: name, payload: type.payload.parse(payload), key, priority, runAt, maxAttempts: type.attempts })
      taking?.nudge()
    },
    work: async (handlers, { concurrency }) => { await start(handlers, concurrency) },
    async runOnce(handlers, { concurrency, budgetMs }) {
      const until = Date.now() + budgetMs
      const { runs } = await start(handlers, concurrency)
      while (Date.now() < until && (runs.size > 0 || (await readStatus(database)).ready > 0))
        await pause(10)
      await drain(0)
      return { ran: runs.finished }
    },
    drain,
    livingWorkers: async () => new Set(taking ? [workerId] : []),
    status: () => readStatus(database),
    close: () => drain(0),
  }
}
