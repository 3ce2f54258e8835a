/**
 * Who works now, and what becomes of the jobs of those who don't. Every worker has a line to Postgres that is named after
 * it and is used twice a second; who isn't seen so twice in a row is dead, and what it held is freed. A worker that was
 * silent itself finds out what it lost. Why this and not graphile-worker's own four hours: docs/decisions/0007-queue.md.
 */
import { performance } from 'node:perf_hooks'
import { PostgresLine } from '../../db/postgres-line.ts'
import type { Log } from '../log.ts'
import { freeDead, freeOrphans, lookAround, lookForLiving, workerName, type Sighting } from './graphile-rows.ts'
import { within, type Runs, type TakenJob } from './runs.ts'

export interface LivenessOptions { url: string, workerId: string, log: Log, timings?: Partial<Timings> }

interface Timings {
  lookEveryMs: number
  /** After a loss of the line or a start of the server others may still be reconnecting: so long nobody is declared dead. */
  mercyMs: number
  /** Cut off for longer, a worker ends its jobs: whoever still reaches Postgres has taken them over. */
  giveUpMs: number
}

const usual: Timings = { lookEveryMs: 500, mercyMs: 3000, giveUpMs: 10_000 }

/** What a worker gives to be watched over. */
export interface Watched<J extends TakenJob> {
  runs: Runs<J>
  /** Jobs can run now: as many. */
  onReady: (count: number) => void
}

/** Ids that were there at the last look, too. */
class Twice {
  #last: ReadonlySet<string> = new Set()
  see(ids: readonly string[]): string[] {
    const again = ids.filter(id => this.#last.has(id))
    this.#last = new Set(ids)
    return again
  }
}

export class Liveness<J extends TakenJob> {
  readonly #options: LivenessOptions
  readonly #timings: Timings
  readonly #line: PostgresLine
  readonly #dead = new Twice()
  readonly #orphans = new Twice()
  #watched: Watched<J> | null = null
  #timer: NodeJS.Timeout | undefined
  #readyTimer: NodeJS.Timeout | undefined
  #cutSince: number | null = null

  constructor(options: LivenessOptions) {
    const { url, workerId, log, timings } = options
    this.#options = options
    this.#timings = { ...usual, ...timings }
    this.#line = new PostgresLine({
      url, log, name: 'parley-watch',
      setUp: async client => this.#watched && client.query(`set application_name = '${workerName(workerId)}'`),
      onUp: () => { if (this.#watched) this.#lookIn(0) },
    })
  }

  /** From now on this process counts as living. Resolves when others can see it. */
  async start(watched: Watched<J>): Promise<void> {
    this.#watched = watched
    await this.#line.ready
    await this.#setName(workerName(this.#options.workerId))
    this.#lookIn(0)
  }

  /** This process works no more. */
  async stop(): Promise<void> {
    this.#watched = null
    clearTimeout(this.#timer)
    clearTimeout(this.#readyTimer)
    await this.#setName('parley-watch')
  }

  async close(): Promise<void> {
    this.#watched = null
    clearTimeout(this.#timer)
    clearTimeout(this.#readyTimer)
    await this.#line.close()
  }

  async living(): Promise<ReadonlySet<string> | null> {
    // A process that has just started has no line yet.
    await within(2000, this.#line.ready)
    try {
      const [seen] = await this.#line.query<Pick<Sighting, 'living' | 'serverMs'>>(lookForLiving)
      return seen && this.#maySayDead(seen.serverMs) ? new Set(seen.living) : null
    }
    catch { return null }
  }

  /** Names the line; a line that is down gets its name when it is up again. */
  async #setName(name: string): Promise<void> {
    await this.#line.query(`set application_name = '${name}'`).catch(() => {})
  }

  #maySayDead(serverMs: number): boolean {
    const { mercyMs } = this.#timings
    const { upSince, reconnected } = this.#line
    return upSince !== null && serverMs > mercyMs && !(reconnected && performance.now() - upSince < mercyMs)
  }

  #lookIn(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#lookAndAct(), ms)
  }

  async #lookAndAct(): Promise<void> {
    const watched = this.#watched
    if (!watched) return
    const askedAt = performance.now()
    try {
      const [seen] = await this.#line.query<Sighting & { [column: string]: unknown }>(lookAround, [this.#options.workerId])
      this.#cutSince = null
      if (seen && this.#watched === watched) await this.#act(watched, seen, askedAt)
    }
    catch (err) { this.#cutOff(watched, askedAt, err) }
    if (this.#watched === watched) this.#lookIn(this.#timings.lookEveryMs)
  }

  async #act({ runs, onReady }: Watched<J>, seen: Sighting, askedAt: number): Promise<void> {
    const { log, workerId } = this.#options
    if (seen.ready > 0) onReady(seen.ready)
    clearTimeout(this.#readyTimer)
    if (seen.nextMs !== null && seen.nextMs < this.#timings.lookEveryMs)
      this.#readyTimer = setTimeout(() => onReady(1), Math.max(1, seen.nextMs + 1))

    const held = new Set(seen.mine)
    const lost = runs.runningSince(askedAt).filter(id => !held.has(id))
    if (lost.length > 0) {
      log.warn({ jobs: lost.length }, 'this worker was silent and its jobs were taken over; it ends them')
      runs.end(lost, 'lost')
    }
    const orphans = this.#orphans.see(seen.mine.filter(id => !runs.has(id)))
    if (orphans.length > 0) {
      await this.#line.query(freeOrphans, [orphans, workerId])
      log.warn({ jobs: orphans.length }, 'jobs that were taken without this worker hearing of it are free again')
    }
    const dead = this.#maySayDead(seen.serverMs) ? this.#dead.see(seen.dead) : this.#dead.see([])
    if (dead.length === 0) return
    const [freed] = await this.#line.query<{ freed: number }>(freeDead, [dead])
    if (freed && freed.freed > 0) log.warn({ jobs: freed.freed, workers: dead }, 'jobs of dead workers are run again')
  }

  #cutOff({ runs }: Watched<J>, at: number, err: unknown): void {
    const { log } = this.#options
    if (this.#line.upSince !== null) log.warn({ err }, 'the look at the workers failed')
    this.#cutSince ??= at
    if (runs.size === 0 || performance.now() - this.#cutSince < this.#timings.giveUpMs) return
    log.error({ jobs: runs.size }, 'this worker is cut off from Postgres; it ends its jobs')
    runs.end('all', 'lost')
  }
}
