/**
 * The database seam. TypeScript sees Postgres for both dialects; SQLite answers to the same type.
 * Proved by tests/contract/database.ts. Inside a transaction only `tx` is used, and a transaction body awaits
 * nothing but queries.
 */
import { is, Placeholder, sql, type ExtractTablesWithRelations, type SQL } from 'drizzle-orm'
import { PgTable, type PgColumn, type PgDatabase, type PgQueryResultHKT } from 'drizzle-orm/pg-core'
import type { Tables } from './tables.ts'

export type Db = Omit<PgDatabase<PgQueryResultHKT, Tables, ExtractTablesWithRelations<Tables>>, 'execute' | 'refreshMaterializedView'>
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0]
/** What a query needs: a database or a transaction. */
export type Query = Pick<Db, '_' | 'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | 'query'>

export interface Database {
  dialect: 'sqlite' | 'postgres'
  db: Db
  tables: Tables
  /** Resolves when migrations are applied and queries may run; rejects when that failed. */
  ready: Promise<void>
  /**
   * Runs writes that may be lost when the power goes, though not when the process dies: deltas. On SQLite they share one
   * turn, so `work` awaits nothing but queries.
   */
  lax<T>(work: () => Promise<T>): Promise<T>
  /** Throws unless the database answers. */
  check(): Promise<void>
  close(): Promise<void>
}

/** The tables of this connection's dialect. */
export const tablesOf = (q: Query): Tables => (q._ as unknown as { fullSchema: Tables }).fullSchema

export const dialectOf = (q: Query): Database['dialect'] => is(tablesOf(q).user, PgTable) ? 'postgres' : 'sqlite'

/** `column in (values)` as one parameter, however many they are: one text to prepare instead of one for each number. A placeholder stands for their JSON. */
export function among(q: Query, column: PgColumn, values: readonly string[] | Placeholder): SQL {
  const json = is(values, Placeholder) ? values : JSON.stringify(values)
  return dialectOf(q) === 'postgres'
    ? sql`${column} = any(array(select json_array_elements_text(${json}::text::json)))`
    : sql`${column} in (select value from json_each(${json}))`
}

/** How a SQLite session runs SQL that gives rows as objects, which drizzle's proxy session doesn't know. */
type RunObjects = (statement: string, params: unknown[]) => Promise<object[]>
const sqliteSessions = new WeakMap<object, RunObjects>()
/** Told by db/open.sqlite.ts: a database and its transactions share one session. */
export const useSqliteSession = (session: object, run: RunObjects): void => { sqliteSessions.set(session, run) }

/** What every drizzle database and transaction has, and its types hide. */
interface Insides {
  session: object
  dialect: { sqlToQuery(statement: SQL): { sql: string, params: unknown[] } }
  execute(statement: SQL): Promise<Iterable<object>>
}

/**
 * Runs SQL that the builder can't say, in either dialect, and gives the rows as objects named by column. Values come as
 * the driver has them, not as the tables' types: moments are epoch milliseconds in SQLite and text in Postgres, JSON and
 * Postgres' 8-byte integers are text. Say `cast(… as integer)` for counts.
 */
export async function rows<T extends object>(q: Query, statement: SQL): Promise<T[]> {
  const { session, dialect } = q as unknown as Insides
  const runObjects = sqliteSessions.get(session)
  if (!runObjects) return [...await (q as unknown as Insides).execute(statement)] as T[]
  const { sql, params } = dialect.sqlToQuery(statement)
  return await runObjects(sql, params) as T[]
}
