/** A worker for a moment: runs the queue within a budget, for places where functions are called and nothing lives (Vercel). */
import { setTimeout as pause } from 'node:timers/promises'
import { nextRetryAt } from '../../db/queries/messages.ts'
import { openReplyWriter } from '../domain/reply-writer.ts'
import type { Services } from '../services.ts'
import { jobHandlers } from './handlers.ts'
import { openRecovery, recoverOnce } from './recover.ts'
import { sweep } from './sweep.ts'

/** `ran`: jobs that came to an end. `left`: jobs that could run now, the budget being used up. */
export interface Drained { ran: number, left: number }

/** A retry that is due within this time is waited for: a person looks at a countdown. */
const waitForRetryMs = 15_000
/** With less than this left, nothing new is begun. */
const leastMs = 500

/** What each process is draining: one queue is worked at once, however many calls a function instance serves. */
const underWay = new WeakMap<Services, Promise<Drained>>()

/** Milliseconds until a retry that is worth waiting for; null when there is none before `until`. */
async function retryIn({ database }: Services, until: number): Promise<number | null> {
  const due = await nextRetryAt(database.db)
  const waitMs = due ? Math.max(0, due.getTime() - Date.now()) : Infinity
  return waitMs <= waitForRetryMs && Date.now() + waitMs + leastMs < until ? waitMs : null
}

/** Between the calls of cron nobody was there at the full minute, when workers sweep. */
async function sweepNow(services: Services): Promise<void> {
  await sweep(services, { what: 'often' }).catch((error: unknown) => services.log.warn({ err: error }, 'the sweep failed'))
}

async function work(services: Services, until: number): Promise<Drained> {
  const { config, queue, bus } = services
  const writer = openReplyWriter(services)
  const handlers = jobHandlers(services, writer)
  const recovery = openRecovery(services, writer)
  const drained: Drained = { ran: 0, left: 0 }
  try {
    await recoverOnce(services, writer)
    for (;;) {
      drained.ran += (await queue.runOnce(handlers, { concurrency: config.env.WORKER_CONCURRENCY, budgetMs: until - Date.now() })).ran
      // Asked after this process has stopped to count as living: whoever adds a job from now on calls for another drain.
      drained.left = (await queue.status()).ready
      const waitMs = drained.left > 0 ? 0 : await retryIn(services, until)
      if (waitMs === null || Date.now() + leastMs > until) return drained
      await pause(waitMs)
    }
  }
  finally {
    recovery.close()
    await writer.close()
    await bus.publish({ type: 'workers' })
  }
}

/**
 * Works off what is queued, then hands back what it can't finish. A call during another waits for that one, and does what it left.
 * @param options.sweeps whether it also looks for what was forgotten
 */
export async function drain(services: Services, { sweeps = false } = {}): Promise<Drained> {
  const until = Date.now() + services.config.env.CRON_BUDGET_SECONDS * 1000
  for (let other = underWay.get(services); other; other = underWay.get(services)) await other.catch(() => {})
  if (Date.now() + leastMs > until) return { ran: 0, left: (await services.queue.status()).ready }
  const working = (sweeps ? sweepNow(services) : Promise.resolve()).then(() => work(services, until)).finally(() => underWay.delete(services))
  underWay.set(services, working)
  return working
}
