/** What the domain works with. Only this file chooses implementations. */
import type { Database } from '../db/database.ts'
import type { Bus } from './bus/bus.ts'
import type { Config } from './config.ts'
import type { Log } from './log.ts'
import type { MediaStore } from './media/media-store.ts'
import type { ModelRegistry } from './models/registry.ts'
import type { JobQueue } from './queue/queue.ts'

export interface Services {
  config: Config
  log: Log
  /** Identifies this process among workers and writers; new at every start. */
  workerId: string
  database: Database
  queue: JobQueue
  bus: Bus
  store: MediaStore
  models: ModelRegistry
}
