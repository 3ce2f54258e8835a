/** Databases for tests: real ones of both dialects, migrated, each test file its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '../../db/database.ts'
import { openPostgres, type PostgresOptions } from '../../db/open.postgres.ts'
import { openSqlite } from '../../db/open.sqlite.ts'
import { createPostgres, migrations } from './postgres.ts'

export { migrations }
export type Dialect = Database['dialect']
export const dialects: readonly Dialect[] = ['sqlite', 'postgres']

export interface TestDatabase {
  database: Database
  /** Where it is: the SQLite file, or the Postgres URL. */
  where: string
  /** Opens the same data once more: another process' view on Postgres; on SQLite only after `database.close()`. */
  open(): Database
  /** Closes it and removes what was made. */
  remove(): Promise<void>
}

/** Opens a database that `remove` takes away: for a whole test file, in beforeAll and afterAll. */
export async function openTestDatabase(dialect: Dialect, options: Pick<PostgresOptions, 'queryTimeoutMs'> = {}): Promise<TestDatabase> {
  if (dialect === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'parley-sqlite-'))
    const file = join(folder, 'parley.db')
    const open = () => openSqlite(file, migrations.sqlite)
    return lent(open, file, async () => rmSync(folder, { recursive: true }))
  }
  const made = await createPostgres()
  const open = () => openPostgres({ url: made.url, directUrl: made.url, migrations: migrations.postgres, ...options })
  return lent(open, made.url, made.drop)
}

async function lent(open: () => Database, where: string, remove: () => Promise<void>): Promise<TestDatabase> {
  const database = open()
  await database.ready
  return { database, where, open, remove: async () => { await database.close(); await remove() } }
}

/** Lends a database to `work` and takes it back. */
export async function withDatabase<T>(dialect: Dialect, work: (database: Database, test: TestDatabase) => Promise<T>, options?: Parameters<typeof openTestDatabase>[1]): Promise<T> {
  const test = await openTestDatabase(dialect, options)
  try { return await work(test.database, test) }
  finally { await test.remove() }
}
