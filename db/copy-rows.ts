/** Copies what a database holds into another one, of either dialect. */
import { getTableColumns, gt, inArray, sql, type SQL } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

type Name = keyof Tables

/**
 * Every table with its primary key, in the order their foreign keys ask for; null for what isn't copied. `job`: each
 * queue has its own, see scripts/copy-database.ts. The others are of the moment.
 */
const keys: Record<Name, readonly string[] | null> = {
  user: ['id'], session: ['id'], account: ['id'], verification: ['id'], twoFactor: ['id'],
  conversation: ['id'], message: ['id'], media: ['id'], delta: ['messageId', 'epoch', 'n'],
  command: ['id'], tombstone: ['id'], modelTurn: ['model'],
  job: null, rateLimit: null, websocketConnection: null, userTurn: null,
}

/** Rows of one statement: far below the parameters Postgres takes (65,535), and few enough for long messages. */
const perBatch = 100

type Row = Record<string, unknown>

export interface CopyProgress { table: string, done: number, total: number }

/**
 * Copies every row; those that are there already are brought up to date, so it may be run again after being cut off, or
 * when the source went on. Nobody may write to the source meanwhile, and `refuseOthers` comes first.
 */
export async function copyRows(from: Database, to: Database, progress: (step: CopyProgress) => void): Promise<void> {
  for (const [name, key] of Object.entries(keys) as [Name, readonly string[] | null][]) {
    if (key === null) continue
    const total = await from.db.$count(from.tables[name] as PgTable)
    let done = 0
    for await (const batch of batches(from, name, key)) {
      await upsert(to, name, key, batch)
      done += batch.length
      progress({ table: name, done, total })
    }
  }
}

/** Ids of a table with one number of each, page by page. */
async function* numbered({ db, tables }: Database): AsyncGenerator<{ id: string, seq: number }[]> {
  const { conversation: { id, seq } } = tables
  for (let at = '';;) {
    const page = await db.select({ id, seq }).from(tables.conversation).where(gt(id, at)).orderBy(id).limit(1000)
    if (page.length === 0) return
    yield page
    at = page.at(-1)?.id ?? ''
  }
}

/** @throws Error when the target has people or changes that the source doesn’t know: they would be written over. */
export async function refuseOthers(from: Database, to: Database): Promise<void> {
  const { user } = to.tables
  const known = new Set((await from.db.select({ id: from.tables.user.id }).from(from.tables.user)).map(({ id }) => id))
  for (let at: string | undefined = ''; at !== undefined;) {
    const page: { id: string }[] = await to.db.select({ id: user.id }).from(user).where(gt(user.id, at)).orderBy(user.id).limit(1000)
    if (page.some(({ id }) => !known.has(id))) throw new Error('The database to copy to has people of its own. Nothing was copied: choose an empty one.')
    at = page.at(-1)?.id
  }
  const { conversation } = from.tables
  for await (const page of numbered(to)) {
    const seqs = new Map((await from.db.select({ id: conversation.id, seq: conversation.seq }).from(conversation).where(inArray(conversation.id, page.map(({ id }) => id)))).map(row => [row.id, row.seq]))
    if (page.some(({ id, seq }) => seq > (seqs.get(id) ?? -1))) throw new Error('The database to copy to has gone on since it was copied to. Nothing was copied: it would be put back to what it was.')
  }
}

const columnsOf = (database: Database, name: Name) => getTableColumns(database.tables[name] as PgTable) as Record<string, PgColumn>

async function* batches(from: Database, name: Name, key: readonly string[]): AsyncGenerator<Row[]> {
  const all = columnsOf(from, name)
  const columns = key.map(part => all[part]).filter(column => column !== undefined)
  const list = (values: SQL[]) => sql`(${sql.join(values, sql`, `)})`
  let after: SQL | undefined
  for (;;) {
    const batch: Row[] = await from.db.select().from(from.tables[name] as PgTable).where(after).orderBy(...columns).limit(perBatch)
    const last = batch.at(-1)
    if (!last) return
    yield batch
    after = sql`${list(columns.map(column => sql`${column}`))} > ${list(key.map(part => sql`${last[part]}`))}`
  }
}

async function upsert(to: Database, name: Name, key: readonly string[], batch: Row[]): Promise<void> {
  const columns = columnsOf(to, name)
  const set = Object.fromEntries(Object.entries(columns).map(([field, column]) => [field, sql.raw(`excluded."${column.name}"`)]))
  const target = key.map(part => columns[part]).filter(column => column !== undefined)
  await to.db.insert(to.tables[name] as PgTable).values(batch).onConflictDoUpdate({ target, set })
}
