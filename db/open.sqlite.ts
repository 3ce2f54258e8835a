/**
 * The database on one SQLite file: better-sqlite3 does the work, drizzle's asynchronous proxy session stands in front of
 * it, and a gate gives each transaction the connection for itself. better-sqlite3 is synchronous, so while a transaction
 * runs only microtasks pass: nobody waits longer than its queries take.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/sqlite-proxy'
import type { Migration } from './bundle-migrations.ts'
import { useSqliteSession, type Database, type Db } from './database.ts'
import { lockFile } from './lock-file.ts'
import { migrateSqlite } from './migrate-sqlite.ts'
import { QueryError, useQueryErrors } from './query-error.ts'
import { searchable } from './search-words.ts'
import * as tables from './schema.sqlite.ts'
import { makeStatements, type RunStatement } from './sqlite-statements.ts'
import { makeTurns, type Turns } from './turns.ts'

/** What the running piece of work stands in: a transaction (no turns: all runs straight) or a `lax` block (its own line). */
interface Scope { open: boolean, turns: Turns | null }

export interface SqliteOptions {
  /** How long to wait for another process that still owns the file, such as one that is just ending. */
  lockWaitMs?: number
}

/**
 * Opens (and makes) the file and applies `migrations`; ready when it returns. One process owns the file.
 * @throws Error when another process has it open.
 */
export function openSqlite(file: string, migrations: Migration[], { lockWaitMs = 5000 }: SqliteOptions = {}): Database {
  useQueryErrors()
  const { connection, unlock } = connect(file, migrations, lockWaitMs)
  const inside = new AsyncLocalStorage<Scope>()
  const outer = makeTurns()
  const run = makeStatements(connection)

  /** The line to stand in; null inside a transaction. A promise that outlived its scope queues like anybody else. */
  const line = (): Turns | null => {
    const scope = inside.getStore()
    return scope?.open ? scope.turns : outer
  }
  const within = async <T>(scope: Scope, work: () => Promise<T>): Promise<T> => {
    try { return await inside.run(scope, work) }
    finally { scope.open = false }
  }

  const runInTurn: (...statement: Parameters<RunStatement>) => Promise<ReturnType<RunStatement>> = async (...statement) => {
    const turns = line()
    return turns ? turns.take(() => run(...statement)) : run(...statement)
  }
  const proxy = drizzle(
    runInTurn,
    async () => { throw new Error('Batches are not used: they would not stand in line') },
    { schema: tables },
  )
  useSqliteSession((proxy as unknown as { session: object }).session, async (sql, params) => {
    try { return (await runInTurn(sql, params, 'objects')).rows as object[] }
    catch (error) { throw new QueryError(sql, error) }
  })
  const begin = proxy.transaction.bind(proxy)
  proxy.transaction = async (body) => {
    const turns = line()
    if (!turns) throw new Error('Inside a transaction use tx, not db')
    return turns.take(() => within({ open: true, turns: null }, () => begin(body, { behavior: 'immediate' })))
  }

  return {
    dialect: 'sqlite',
    db: proxy as unknown as Db,
    tables: tables as unknown as Database['tables'],
    ready: Promise.resolve(),
    lax: async (work) => {
      const turns = line()
      if (!turns) return work()
      return turns.take(async () => {
        // Can't be changed inside a transaction, hence the turn of its own.
        connection.pragma('synchronous = NORMAL')
        try { return await within({ open: true, turns: makeTurns() }, work) }
        finally { connection.pragma('synchronous = FULL') }
      })
    },
    check: async () => { connection.prepare('select 1').get() },
    close: async () => outer.take(() => {
      connection.close()
      unlock()
    }),
  }
}

function connect(file: string, migrations: Migration[], lockWaitMs: number): { connection: BetterSqlite.Database, unlock: () => void } {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
  const unlock = lockFile(file, lockWaitMs)
  try {
    const connection = new BetterSqlite(file, { timeout: 5000 })
    connection.pragma('journal_mode = WAL')
    connection.pragma('synchronous = FULL')
    // 16 MB of pages, for the lists search walks; 2 MB unless told.
    connection.pragma('cache_size = -16000')
    // The triggers that keep the search index call it.
    connection.function('searchable', { deterministic: true }, (text: unknown) => typeof text === 'string' ? searchable(text) : null)
    migrateSqlite(connection, migrations)
    connection.pragma('foreign_keys = ON')
    return { connection, unlock }
  }
  catch (error) { unlock(); throw error }
}
