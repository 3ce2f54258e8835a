/** How the parts of an installation are. */
import { countOpenReplies } from '../../db/queries/health.ts'
import { openStatuses } from '../../shared/conversation.ts'
import { metrics } from '../metrics.ts'
import type { StoreReport } from '../media/media-store.ts'
import type { Services } from '../services.ts'

export interface Health {
  /** Everything works. */
  ok: boolean
  /** Requests can be answered: the database can. */
  ready: boolean
  database: { ok: boolean }
  /** `workers` is null when it can't be told just now. */
  queue: { ok: boolean, workers: number | null, ready: number, oldestMs: number, running: number, dead: number }
  store: StoreReport
}

const answerMs = 2000

/** Resolves with `otherwise` when the work fails or takes too long: a health report must come, above all when something hangs. */
async function orElse<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, answerMs, otherwise)
  })
  try {
    return await Promise.race([work().catch(() => otherwise), late])
  }
  finally {
    clearTimeout(timer)
  }
}

/** True when the database answers. */
export const isReady = ({ database }: Pick<Services, 'database'>): Promise<boolean> =>
  orElse(async () => {
    await database.ready
    await database.check()
    return true
  }, false)

const storeReports = new WeakMap<Services, { at: number, report: Promise<StoreReport> }>()
const keepStoreReportMs = 30_000

/** The store's own look at itself writes and reads an object, so it is not done at every question. */
function storeReport(services: Services): Promise<StoreReport> {
  const known = storeReports.get(services)
  if (known && Date.now() - known.at < keepStoreReportMs) return known.report
  const report = orElse(() => services.store.check(), { ok: false, problems: ['The store did not answer.'] })
  storeReports.set(services, { at: Date.now(), report })
  return report
}

const noQueue = { ready: 0, oldestMs: 0, running: 0, dead: 0 }

export async function readHealth(services: Services): Promise<Health> {
  const [ready, living, status, store] = await Promise.all([
    isReady(services),
    orElse(() => services.queue.livingWorkers(), null),
    orElse(() => services.queue.status(), null),
    storeReport(services),
  ])
  const queue = { ok: status !== null && living !== null && (living.size > 0 || services.config.drainsOnCall), workers: living?.size ?? null, ...(status ?? noQueue) }
  return { ok: ready && queue.ok && store.ok, ready, database: { ok: ready }, queue, store }
}

/** Brings the measures that are asked for, not counted, up to date. */
export async function measure(services: Services): Promise<void> {
  const [living, status, replies] = await Promise.all([
    orElse(() => services.queue.livingWorkers(), null),
    orElse(() => services.queue.status(), null),
    orElse(() => countOpenReplies(services.database.db), null),
  ])
  metrics.workers.set(living?.size ?? -1)
  if (status) {
    metrics.queueReady.set(status.ready)
    metrics.queueOldest.set(status.oldestMs / 1000)
    metrics.queueRunning.set(status.running)
    metrics.queueDead.set(status.dead)
  }
  if (replies) for (const open of openStatuses) metrics.openReplies.set({ status: open }, replies.get(open) ?? 0)
}
