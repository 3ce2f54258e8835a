/** What the domain works with. Only this file chooses implementations. */
import { join } from 'node:path'
import type { Migrations } from '../db/bundle-migrations.ts'
import type { Database } from '../db/database.ts'
import { openPostgres } from '../db/open.postgres.ts'
import { openSqlite } from '../db/open.sqlite.ts'
import { newId } from '../shared/ids.ts'
import type { Bus } from './bus/bus.ts'
import { openInProcessBus } from './bus/in-process.ts'
import { openPostgresBus } from './bus/postgres.ts'
import type { Config } from './config.ts'
import { openLog, type Log } from './log.ts'
import { counted } from './media/counted.ts'
import { openLocalStore } from './media/local.ts'
import type { MediaStore } from './media/media-store.ts'
import { openS3Store } from './media/s3.ts'
import { openModels } from './models/open.ts'
import type { ModelRegistry } from './models/registry.ts'
import { openGraphileQueue } from './queue/graphile.ts'
import type { JobQueue } from './queue/queue.ts'
import { openSqliteQueue } from './queue/sqlite.ts'
import { keyFor } from './secret.ts'

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
  /** In the reverse order of opening. */
  close(): Promise<void>
}

function openEngine(config: Config, migrations: Migrations, log: Log, workerId: string): Pick<Services, 'database' | 'queue' | 'bus'> {
  const { DATABASE_URL: url, DATABASE_DIRECT_URL: direct } = config.env
  if (url === undefined) {
    const database = openSqlite(config.sqliteFile, migrations.sqlite)
    return { database, queue: openSqliteQueue({ database, workerId, log }), bus: openInProcessBus({ log }) }
  }
  // A transaction pooler can't listen, hold locks or run the queue: those go straight to the database.
  const directUrl = direct ?? url
  const database = openPostgres({ url, directUrl, migrations: migrations.postgres, log })
  return { database, queue: openGraphileQueue({ url: directUrl, workerId, log }), bus: openPostgresBus({ url: directUrl, log }) }
}

/** The configured media store. */
export function openStore({ env, dataDir, ...config }: Config, log: Log): MediaStore {
  const { S3_ENDPOINT: endpoint, S3_BUCKET: bucket, S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey } = env
  if (!endpoint || !bucket || !accessKey || !secretKey)
    return openLocalStore({ folder: join(dataDir, 'media'), secret: keyFor('media', { env, dataDir, ...config }), urlSeconds: env.MEDIA_URL_SECONDS })
  return openS3Store({
    endpoint, bucket, accessKey, secretKey, publicEndpoint: env.S3_PUBLIC_ENDPOINT ?? endpoint, region: env.S3_REGION,
    urlSeconds: env.MEDIA_URL_SECONDS, origins: [...(env.PUBLIC_URL ? [new URL(env.PUBLIC_URL).origin] : []), ...env.TRUSTED_ORIGINS], log,
  })
}

/** Opens everything. Synchronous, since Nitro waits for no plugin: `database.ready` and `bus.ready` tell when it can be used. */
export function openServices(config: Config, migrations: Migrations, log: Log = openLog(config.env.LOG_LEVEL)): Services {
  const workerId = newId()
  const engine = openEngine(config, migrations, log, workerId)
  const store = counted(openStore(config, log))
  const models = openModels(config, log)
  return {
    config, log, workerId, ...engine, store, models,
    async close() {
      await engine.queue.close()
      await engine.bus.close()
      await store.close()
      await engine.database.close()
    },
  }
}
