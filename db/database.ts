/**
 * The database seam. TypeScript sees Postgres for both dialects; SQLite answers to the same type.
 * Proved by tests/contract/database.ts. Inside a transaction only `tx` is used, and a transaction body awaits
 * nothing but queries.
 */
import type { ExtractTablesWithRelations } from 'drizzle-orm'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
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
  /** A write that may be lost when the power goes, though not when the process dies: deltas. */
  lax<T>(work: () => Promise<T>): Promise<T>
  /** Throws unless the database answers. */
  check(): Promise<void>
  close(): Promise<void>
}

/** The tables of this connection's dialect. */
export const tablesOf = (q: Query): Tables => (q._ as unknown as { fullSchema: Tables }).fullSchema
