/** The database on PostgreSQL, through postgres.js. Requests use `url`; what needs a session of its own uses `directUrl`. */
import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import type { Migration } from './bundle-migrations.ts'
import type { Database, Db } from './database.ts'
import { migratePostgres } from './migrate-postgres.ts'
import { limitClient } from './postgres-deadlines.ts'
import { useQueryErrors } from './query-error.ts'
import * as tables from './schema.postgres.ts'

export interface PostgresOptions {
  /** For queries; may lead through a transaction pooler when `directUrl` is another. */
  url: string
  /** Never through a pooler: migrations are applied here. */
  directUrl: string
  migrations: Migration[]
  log?: { warn(fields: object, text: string): void }
  /** Connections for queries, 10 unless told. */
  max?: number
  /** How long one query may take, 30 s unless told. */
  queryTimeoutMs?: number
  /** How long a transaction may rest between two statements, 5 s unless told. */
  restMs?: number
}

/** Waits between tries to connect, in seconds; postgres.js' own grow to 20 s, too long for people who wait. */
export const backoff = (tries: number): number => Math.min(0.5, 0.05 * 2 ** tries)

/** How long a start waits for a database that is not there yet (both are started together in a compose file). */
const readyWithinMs = 60_000
const retryAfterMs = 500

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'CONNECT_TIMEOUT', 'CONNECTION_CLOSED', 'CONNECTION_ENDED', '57P03'])

/**
 * A prepared statement's plan is kept with its connection, and the first ones are made while tables are small, where reading
 * all is cheapest. Everything that is asked often has its index (tests/integration/plans.test.ts).
 */
const keptPlans = { enable_seqscan: 'off' }

export function openPostgres({ url, directUrl, migrations, log, max = 10, queryTimeoutMs = 30_000, restMs = 5000 }: PostgresOptions): Database {
  useQueryErrors()
  // A transaction pooler gives each transaction another session, which knows nothing of what was prepared before.
  const prepare = url === directUrl
  const sql = postgres(url, {
    max, backoff, connect_timeout: 10, onnotice: () => {},
    prepare,
    connection: {
      application_name: 'parley',
      // A process that is frozen within a transaction would keep its row locks, and its successor waiting; a transaction
      // of ours awaits nothing but queries. A pooler doesn't take this setting.
      ...(prepare ? { idle_in_transaction_session_timeout: restMs, ...keptPlans } : {}),
    },
  })
  limitClient(sql, { ms: queryTimeoutMs, prepare })
  const db = drizzle(sql, { schema: tables })
  encodeAnything(sql)

  let closed = false
  const ready = migrateWhenReachable(() => closed, { directUrl, migrations, log })
  // Whoever awaits `ready` is told; nobody awaiting it must not end the process.
  ready.catch(() => {})

  return {
    dialect: 'postgres',
    db: db as unknown as Db,
    tables: tables as unknown as Database['tables'],
    ready,
    // One statement a tick: here its commit costs nothing that shows.
    lax: work => work(),
    check: () => within(3000, sql`select 1`),
    close: async () => {
      closed = true
      await sql.end({ timeout: 5 })
    },
  }
}

async function migrateWhenReachable(closed: () => boolean, { directUrl, migrations, log }: Pick<PostgresOptions, 'directUrl' | 'migrations' | 'log'>): Promise<void> {
  const until = Date.now() + readyWithinMs
  for (let tries = 0; ; tries++) {
    const direct = postgres(directUrl, { max: 1, backoff, connect_timeout: 10, onnotice: () => {} })
    try { return await migratePostgres(direct, migrations) }
    catch (error) {
      const code = (error as { code?: string }).code ?? ''
      if (!unreachable.has(code) || Date.now() > until || closed()) throw error
      if (tries === 0) log?.warn({ code }, 'The database cannot be reached yet; trying on')
    }
    finally { await direct.end({ timeout: 1 }) }
    await new Promise(resolve => setTimeout(resolve, retryAfterMs))
  }
}

/**
 * drizzle() makes the client pass moments and JSON through unchanged, since columns encode their own. A Date or object
 * in raw SQL would then throw inside the socket's handler and end the process; here it is encoded instead. And JSON
 * comes as text, or the column would decode it a second time: the string "1" as a number.
 */
function encodeAnything(sql: postgres.Sql): void {
  const { serializers, parsers } = sql.options as unknown as Record<'serializers' | 'parsers', Record<string, (value: unknown) => unknown>>
  for (const type of [1082, 1083, 1114, 1184])
    serializers[type] = value => value instanceof Date ? value.toISOString() : value
  for (const type of [114, 3802]) {
    serializers[type] = value => typeof value === 'string' ? value : JSON.stringify(value)
    parsers[type] = value => value
  }
}

async function within(ms: number, query: PromiseLike<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The database did not answer within ${ms} ms`)), ms)
  })
  try { await Promise.race([query, late]) }
  finally { clearTimeout(timer) }
}
