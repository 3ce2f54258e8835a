/**
 * The database on one SQLite file: better-sqlite3 does the work, drizzle's asynchronous proxy session stands in front of
 * it, and a gate gives each transaction the connection for itself. better-sqlite3 is synchronous, so while a transaction
 * runs only microtasks pass: nobody waits longer than its queries take. What it wrote is acknowledged when it is safe
 * from power loss (db/wal-sync.ts); the next turn doesn't wait for that.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
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
import { ownFile, ownFileIfThere, ownFolder } from './owner-only.ts'
import { makeStatements, type RunStatement } from './sqlite-statements.ts'
import { makeTurns } from './turns.ts'
import { openWalSync, type WalSync } from './wal-sync.ts'

/** What the running piece of work stands in: a transaction (all runs straight) or a `lax` block. */
interface Scope { open: boolean, kind: 'transaction' | 'lax' }

export interface SqliteOptions {
  /** How long to wait for another process that still owns the file, such as one that is just ending. */
  lockWaitMs?: number
  /** Makes the file's written bytes stay; the system's own unless told. */
  sync?: (fd: number) => Promise<void>
}

/**
 * Opens (and makes) the file and applies `migrations`; ready when it returns. One process owns the file.
 * @throws Error when another process has it open.
 */
export function openSqlite(file: string, migrations: Migration[], { lockWaitMs = 5000, sync }: SqliteOptions = {}): Database {
  useQueryErrors()
  const { connection, unlock } = connect(file, migrations, lockWaitMs)
  const wal: WalSync | null = file === ':memory:' ? null : openWalSync(file, sync)
  const inside = new AsyncLocalStorage<Scope>()
  const turns = makeTurns()
  const statements = makeStatements(connection)

  /** Where the caller stands; null for nowhere. A promise that outlived its scope queues like anybody else. */
  const standing = (): Scope['kind'] | null => {
    const scope = inside.getStore()
    return scope?.open ? scope.kind : null
  }
  const within = async <T>(kind: Scope['kind'], work: () => Promise<T>): Promise<T> => {
    const scope: Scope = { open: true, kind }
    try { return await inside.run(scope, work) }
    finally { scope.open = false }
  }
  /** Does `work` in its turn; resolves when what it wrote is safe, or at once where that may be lost. */
  const inTurn = async <T>(work: () => T | Promise<T>): Promise<T> => {
    const lax = standing() === 'lax'
    let wrote = false
    const result = await turns.take(async () => {
      const before = statements.writes()
      const done = await work()
      wrote = statements.writes() > before
      return done
    })
    if (wrote && !lax) await wal?.durable()
    return result
  }

  const run: (...statement: Parameters<RunStatement>) => Promise<ReturnType<RunStatement>> = async (...statement) =>
    standing() === 'transaction' ? statements.run(...statement) : inTurn(() => statements.run(...statement))
  const proxy = drizzle(
    run,
    async () => { throw new Error('Batches are not used: they would not stand in line') },
    { schema: tables },
  )
  useSqliteSession((proxy as unknown as { session: object }).session, async (sql, params) => {
    try { return (await run(sql, params, 'objects')).rows as object[] }
    catch (error) { throw new QueryError(sql, error) }
  })
  const begin = proxy.transaction.bind(proxy)
  proxy.transaction = async (body) => {
    if (standing() === 'transaction') throw new Error('Inside a transaction use tx, not db')
    return inTurn(() => within('transaction', () => begin(body, { behavior: 'immediate' })))
  }

  return {
    dialect: 'sqlite',
    db: proxy as unknown as Db,
    tables: tables as unknown as Database['tables'],
    ready: Promise.resolve(),
    lax: work => standing() === 'transaction' ? work() : within('lax', work),
    check: async () => { connection.prepare('select 1').get() },
    close: async () => turns.take(async () => {
      await wal?.close()
      connection.close()
      unlock()
    }),
  }
}

function connect(file: string, migrations: Migration[], lockWaitMs: number): { connection: BetterSqlite.Database, unlock: () => void } {
  if (file !== ':memory:') {
    ownFolder(dirname(file))
    ownFile(file)
    // New ones get the file's own mode from SQLite.
    for (const beside of ['-wal', '-shm']) ownFileIfThere(`${file}${beside}`)
  }
  const unlock = lockFile(file, lockWaitMs)
  try {
    const connection = new BetterSqlite(file, { timeout: 5000 })
    connection.pragma('journal_mode = WAL')
    // Commits aren't synced one by one: db/wal-sync.ts does it for many at once.
    connection.pragma('synchronous = NORMAL')
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
