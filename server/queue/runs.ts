/**
 * The jobs that run in this process: each with its payload checked, its deadline, and exactly one outcome. Both queues
 * take rows their own way, run them here, and are told the outcome to write it down.
 */
import { performance } from 'node:perf_hooks'
import type { Log } from '../log.ts'
import { jobTypes, type JobName } from './job-types.ts'
import { HandedBack, type JobContext, type JobHandlers } from './queue.ts'

export interface TakenJob {
  id: string
  task: string
  payload: unknown
  /** From 1, this try included. */
  attempt: number
  maxAttempts: number
}

export type Outcome =
  | { kind: 'done' }
  /** To be tried again at once; this try is not counted. */
  | { kind: 'handed-back' }
  /** `dead`: no further try. */
  | { kind: 'failed', error: string, dead: boolean }

/** Why running jobs are ended from outside: this process stops, or the job is no longer this process's to run. */
export type EndReason = 'stopping' | 'lost'

export class JobEnded extends Error {
  readonly reason: EndReason | 'deadline'

  constructor(reason: EndReason | 'deadline') {
    super({ stopping: 'The worker stops.', lost: 'The job is no longer run by this worker.', deadline: 'The job took longer than it may.' }[reason])
    this.name = 'JobEnded'
    this.reason = reason
  }
}

interface Run { startedAt: number, settling: boolean, end: (reason: JobEnded['reason']) => void }

export interface RunsOptions<J extends TakenJob> {
  handlers: JobHandlers
  log: Log
  /** Writes the outcome down, if the job is still this process's; it alone decides how often writing is tried. */
  settle: (job: J, outcome: Outcome) => Promise<void>
  /** How long a handler may go on after its signal was aborted, before it is left alone and accounted for without it. */
  abandonAfterMs?: number | undefined
}

/** What is kept of an error with the job: its name and message, cut. */
const describe = (error: unknown): string => String(error instanceof Error ? `${error.name}: ${error.message}` : error).slice(0, 500)

/** What a payload names, for the log: ids alone. */
const idsOf = (payload: unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(payload ?? {}).filter(([name, value]) => /Id$/.test(name) && typeof value === 'string' && value.length <= 64))

/** A payload as its handler takes it, or what is wrong with it. Issues name places and rules, never values. */
function check(job: TakenJob): { payload: unknown, deadlineMs: number } | { wrong: string } {
  if (!Object.hasOwn(jobTypes, job.task)) return { wrong: 'There is no such job.' }
  const type = jobTypes[job.task as JobName]
  const parsed = type.payload.safeParse(job.payload)
  if (parsed.success) return { payload: parsed.data, deadlineMs: type.deadlineMs }
  return { wrong: `The payload does not fit: ${parsed.error.issues.map(issue => `${issue.path.join('.') || 'it'} ${issue.code}`).join(', ').slice(0, 300)}` }
}

export class Runs<J extends TakenJob> {
  /** How many had an outcome other than being handed back. */
  finished = 0
  readonly #options: RunsOptions<J>
  readonly #runs = new Map<string, Run>()
  #idlers: (() => void)[] = []
  #refusing = false

  constructor(options: RunsOptions<J>) {
    this.#options = options
  }

  get size(): number { return this.#runs.size }
  has(id: string): boolean { return this.#runs.has(id) }

  /** Jobs whose handler was already running at `moment` (`performance.now()`) and still is. */
  runningSince(moment: number): string[] {
    return [...this.#runs].filter(([, run]) => !run.settling && run.startedAt <= moment).map(([id]) => id)
  }

  /** Runs one job to its outcome and writes that down. Never rejects. */
  async run(job: J): Promise<void> {
    const { log, settle } = this.#options
    const run: Run = { startedAt: performance.now(), settling: false, end: () => {} }
    this.#runs.set(job.id, run)
    const outcome = await this.#outcome(job, run)
    run.settling = true
    log.info({ job: job.id, task: job.task, ...idsOf(job.payload), attempt: job.attempt, ms: Math.round(performance.now() - run.startedAt), outcome: outcome.kind }, 'job ended')
    if (outcome.kind !== 'handed-back') this.finished++
    await settle(job, outcome).catch((err: unknown) => log.error({ err, job: job.id, task: job.task }, 'the outcome of a job could not be written'))
    this.#runs.delete(job.id)
    if (this.#runs.size === 0) for (const resolve of this.#idlers.splice(0)) resolve()
  }

  /** Aborts the signals of these jobs; their handlers hand them back. */
  end(ids: readonly string[] | 'all', reason: EndReason): void {
    for (const id of ids === 'all' ? [...this.#runs.keys()] : ids) this.#runs.get(id)?.end(reason)
  }

  /** Resolves when no job runs. */
  idle(): Promise<void> {
    return this.#runs.size === 0 ? Promise.resolve() : new Promise<void>(resolve => this.#idlers.push(resolve))
  }

  /** Takes no more: what comes now is handed back unrun. After `graceMs` ends what still runs; resolves when every job is accounted for. */
  async drain(graceMs: number): Promise<void> {
    this.#refusing = true
    await within(graceMs, this.idle())
    this.end('all', 'stopping')
    await this.idle()
  }

  async #outcome(job: J, run: Run): Promise<Outcome> {
    if (this.#refusing) return { kind: 'handed-back' }
    const checked = check(job)
    if ('payload' in checked) return this.#call(job, run, checked.payload, checked.deadlineMs)
    this.#options.log.error({ job: job.id, task: job.task, wrong: checked.wrong }, 'a job can never run')
    return { kind: 'failed', error: checked.wrong, dead: true }
  }

  /** Calls the handler; resolves with the outcome, whatever the handler does. */
  #call(job: J, run: Run, payload: unknown, deadlineMs: number): Promise<Outcome> {
    const { handlers, log, abandonAfterMs = 5000 } = this.#options
    const { id, task, attempt } = job
    const controller = new AbortController()
    // The schema was chosen by the same name as the handler, which TypeScript can't follow through the union.
    const handler = handlers[task as JobName] as (payload: unknown, context: JobContext) => Promise<void>
    return new Promise((resolve) => {
      let ended: JobEnded | null = null
      let abandon: NodeJS.Timeout | undefined
      run.end = (reason) => {
        if (ended) return
        const end = ended = new JobEnded(reason)
        controller.abort(reason === 'deadline' ? new DOMException(end.message, 'TimeoutError') : end)
        abandon = setTimeout(() => {
          log.error({ job: id, task, reason }, 'a job went on after it was told to end; it is left alone')
          resolve(outcomeOf(job, end, end))
        }, abandonAfterMs)
      }
      const deadline = setTimeout(() => run.end('deadline'), deadlineMs)
      const finish = (outcome: Outcome, err?: unknown) => {
        clearTimeout(deadline)
        clearTimeout(abandon)
        if (outcome.kind === 'failed') log[outcome.dead ? 'error' : 'warn']({ job: id, task, attempt, dead: outcome.dead, err }, 'a job failed')
        resolve(outcome)
      }
      Promise.resolve().then(() => handler(payload, { signal: controller.signal, attempt }))
        .then(() => finish({ kind: 'done' }), (error: unknown) => finish(outcomeOf(job, error, ended), error))
    })
  }
}

/** What a handler's error means, `ended` telling whether it was told to end. A job past its deadline has failed, whatever it threw. */
function outcomeOf(job: TakenJob, error: unknown, ended: JobEnded | null): Outcome {
  const overdue = ended?.reason === 'deadline'
  if (!overdue && (ended || error instanceof HandedBack)) return { kind: 'handed-back' }
  return { kind: 'failed', error: describe(overdue ? ended : error), dead: job.attempt >= job.maxAttempts }
}

/** Resolves after `ms`, or when `work` ends either way, whichever is first. Leaves no timer behind. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeUp = new Promise<void>((resolve) => { timer = setTimeout(resolve, ms) })
  await Promise.race([work.then(() => {}, () => {}), timeUp])
  clearTimeout(timer)
}
