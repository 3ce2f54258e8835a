/**
 * graphile-worker's own runner, kept going: it takes jobs and calls us. How a job ended we write down ourselves before a
 * task returns, so that it doesn't matter when, or whether, graphile-worker's own note of it arrives (0.18 awaits neither
 * its completeJob nor its failJob, and shuts the runner down when one fails).
 */
import { EventEmitter } from 'node:events'
import { Logger, parseCronItems, run, type Job, type Runner, type TaskList, type WorkerEvents, type WorkerPool } from 'graphile-worker'
import type { Pool } from 'pg'
import type { Log } from '../log.ts'
import type { GraphileJob } from './graphile-rows.ts'
import { jobTypes, schedule } from './job-types.ts'
import type { Runs } from './runs.ts'

export interface RunnerOptions { pool: Pool, workerId: string, log: Log, runs: Runs<GraphileJob>, concurrency: number }

/** graphile-worker's talk, in our log. It names jobs by their numbers; errors of jobs never reach it. */
export const quietLogger = (log: Log): Logger => new Logger(() => (level, message) => {
  if (level === 'error') log.warn({ said: message.slice(0, 300) }, 'graphile-worker had a problem')
  else log.debug({ said: message.slice(0, 300) }, 'graphile-worker')
})

const cronItems = () => parseCronItems(schedule.map(({ id, match, name, payload, catchUpMs }) => ({
  identifier: id, match, task: name, payload, options: { backfillPeriod: catchUpMs, maxAttempts: jobTypes[name].attempts },
})))

/** The payload of a scheduled job has graphile-worker's note of when it was due. */
function payloadOf(job: Job): unknown {
  const { payload } = job
  if (typeof payload !== 'object' || payload === null || !('_cron' in payload)) return payload
  const { _cron, ...rest } = payload
  return rest
}

export class GraphileRunner {
  readonly #options: RunnerOptions
  readonly #ended = new Set<Promise<void>>()
  #runner: Runner | null = null
  #workerPool: WorkerPool | null = null
  #stopping = false

  constructor(options: RunnerOptions) {
    this.#options = options
  }

  /** Resolves when it takes jobs. Whatever ends it before `stop`, it is started anew. */
  async start(): Promise<void> {
    const { log } = this.#options
    const runner = await this.#run()
    this.#runner = runner
    const ended = runner.promise.catch(() => {}).then(async () => {
      this.#ended.delete(ended)
      if (this.#stopping) return
      log.error({}, 'the job runner ended by itself; it is started anew')
      await this.#startAnew()
    })
    this.#ended.add(ended)
    if (this.#stopping) await this.#stopRunner()
  }

  /** Wakes idle places: jobs can run. */
  nudge(count: number): void {
    const pool = this.#workerPool
    if (!pool || this.#stopping || pool._shuttingDown) return
    pool.nudge(Math.min(count, this.#options.concurrency))
  }

  /** Takes no more. Resolves when it has let go of every job, which waits for those that run. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#stopRunner()
    await Promise.all(this.#ended)
  }

  async #stopRunner(): Promise<void> {
    // It rejects when it is stopping already.
    await this.#runner?.stop().catch(() => {})
  }

  async #startAnew(): Promise<void> {
    for (let waitMs = 100; !this.#stopping; waitMs = Math.min(2000, waitMs * 2)) {
      try { return await this.start() }
      catch (err) { this.#options.log.warn({ err }, 'the job runner could not be started') }
      await new Promise(resolve => setTimeout(resolve, waitMs))
    }
  }

  #run(): Promise<Runner> {
    const { pool, workerId, log, runs, concurrency } = this.#options
    const events = new EventEmitter() as WorkerEvents
    events.on('pool:create', ({ workerPool }) => {
      // Rows it takes are locked by this name. Its own would be a random one that nobody can trace to a process.
      workerPool.id = workerId
      this.#workerPool = workerPool
    })
    const task = async (_: unknown, { job }: { job: Job }): Promise<void> => runs.run({
      id: job.id, task: job.task_identifier, payload: payloadOf(job), attempt: job.attempts, maxAttempts: job.max_attempts,
      lockedAt: job.locked_at ?? new Date(0),
    })
    return run({
      pgPool: pool,
      logger: quietLogger(log),
      events,
      concurrency,
      noHandleSignals: true,
      // Every place asks by itself; what is due wakes them (graphile-liveness.ts), so this is only for the worst day.
      pollInterval: 60_000,
      taskList: Object.fromEntries(Object.keys(jobTypes).map(name => [name, task])) as TaskList,
      parsedCronItems: cronItems(),
      // Unbatched notes that fail are unhandled rejections, which end the process.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0, gracefulShutdownAbortTimeout: 2 ** 31 - 1 } },
    })
  }
}
