import { PgPreparedQuery } from 'drizzle-orm/pg-core'
import { SQLitePreparedQuery } from 'drizzle-orm/sqlite-core'

/** A query the database refused. `code` is the database's own: SQLSTATE, or SQLITE_…. Values are never in it: they are what people wrote. */
export class QueryError extends Error {
  readonly code: string

  constructor(statement: string, cause: unknown) {
    super(`${cause instanceof Error ? cause.message : String(cause)} in: ${statement.slice(0, 500)}`, { cause })
    this.name = 'QueryError'
    // Postgres shows the row or key there.
    if (cause instanceof Error && 'detail' in cause) delete cause.detail
    this.code = String((cause as { code?: unknown } | null)?.code ?? '')
  }
}

const uniqueCodes: readonly string[] = ['23505', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY']
const foreignKeyCodes: readonly string[] = ['23503', 'SQLITE_CONSTRAINT_FOREIGNKEY']

/** On Postgres the transaction it happened in is of no more use; catch it around a nested one to go on. */
export const isUniqueViolation = (error: unknown): boolean => error instanceof QueryError && uniqueCodes.includes(error.code)
export const isForeignKeyViolation = (error: unknown): boolean => error instanceof QueryError && foreignKeyCodes.includes(error.code)

type Run = (statement: string, params: unknown, query: () => Promise<unknown>) => Promise<unknown>

/**
 * drizzle's own error has every parameter in its message, so that a log of it would hold messages and secrets. This puts
 * QueryError in its place, where drizzle runs a query; what it replaces does nothing else without a cache.
 */
export function useQueryErrors(): void {
  const run: Run = async (statement, _params, query) => {
    try { return await query() }
    catch (error) { throw new QueryError(statement, error) }
  }
  for (const prepared of [PgPreparedQuery, SQLitePreparedQuery])
    (prepared.prototype as unknown as { queryWithCache: Run }).queryWithCache = run
}
