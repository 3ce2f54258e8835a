/** Opening and closing one process by its role; server/plugins/lifecycle.ts ties it to Nitro. */
import type { Migrations } from '../db/bundle-migrations.ts'
import type { Config } from './config.ts'
import { openReplyWriter } from './domain/reply-writer.ts'
import { jobHandlers } from './jobs/handlers.ts'
import { openRecovery } from './jobs/recover.ts'
import { closeLive, openLive } from './live/live.ts'
import { startDraining } from './utils/readiness.ts'
import { openServices, type Services } from './services.ts'

export interface Running {
  services: Services
  /** Resolves when this process does all that its role asks; rejects when it can't. */
  started: Promise<void>
  /** Takes no more, finishes or hands back what it holds, closes. Any number of calls is one. */
  stop(): Promise<void>
}

/** What a worker adds to a process. */
async function startWorker(services: Services): Promise<{ stop(): Promise<void> }> {
  const { config, queue } = services
  const writer = openReplyWriter(services)
  await queue.work(jobHandlers(services, writer), { concurrency: config.env.WORKER_CONCURRENCY })
  const recovery = openRecovery(services, writer)
  await services.bus.publish({ type: 'workers' })
  return {
    async stop() {
      recovery.close()
      await queue.drain(config.env.DRAIN_SECONDS * 1000)
      await writer.close()
      await services.bus.publish({ type: 'workers' })
    },
  }
}

export function run(config: Config, migrations: Migrations): Running {
  const services = openServices(config, migrations)
  const { log, database, bus, store } = services
  const live = config.runsWeb ? openLive(services) : null
  let worker: { stop(): Promise<void> } | null = null
  let stopped: Promise<void> | null = null

  const start = async () => {
    await Promise.all([database.ready, bus.ready])
    if (config.runsWorker && !stopped) worker = await startWorker(services)
    log.info({ mode: config.mode, role: config.env.ROLE, workerId: services.workerId }, 'started')
    const report = await store.check()
    for (const problem of report.problems) log.warn({ problem }, 'the file store needs attention')
  }
  const started = start()
  started.catch(error => log.fatal({ err: error }, 'this process could not start'))

  const stop = async () => {
    log.info({ workerId: services.workerId }, 'stopping')
    startDraining()
    if (live) closeLive(live)
    await started.catch(() => {})
    await worker?.stop()
    await services.close()
    log.info({ workerId: services.workerId }, 'stopped')
  }
  return { services, started, stop: () => stopped ??= stop() }
}
