import type BetterSqlite from 'better-sqlite3'

/** Prepared statements kept per SQL text; multi-row inserts have a text for each number of rows, so there is an end to it. */
const maxStatements = 500

/** Runs one statement the way drizzle's proxy session asks for it, each row an array; with `objects`, each an object named by column. */
export type RunStatement = (sql: string, params: unknown[], method: 'run' | 'all' | 'get' | 'values' | 'objects') => { rows: unknown[] }

export interface Statements {
  run: RunStatement
  /** How many statements that change rows were run so far. */
  writes(): number
}

interface Prepared {
  statement: BetterSqlite.Statement
  writes: boolean
  /** Gives rows back at all. */
  reader: boolean
}

export function makeStatements(connection: BetterSqlite.Database): Statements {
  const kept = new Map<string, Prepared>()
  let writes = 0

  const prepare = (sql: string, raw: boolean): Prepared => {
    // Arrays or objects is a state of the statement, so the two kinds are kept apart.
    const key = raw ? sql : `o${sql}`
    const found = kept.get(key)
    if (found) return found
    const statement = connection.prepare(sql)
    if (statement.reader && raw) statement.raw(true)
    // SQLite counts `begin immediate` among the writes.
    const made = { statement, reader: statement.reader, writes: !statement.readonly && !/^\s*begin\b/i.test(sql) }
    if (kept.size >= maxStatements) {
      const oldest = kept.keys().next().value
      if (oldest !== undefined) kept.delete(oldest)
    }
    kept.set(key, made)
    return made
  }

  const run: RunStatement = (sql, params, method) => {
    const { statement, reader, ...prepared } = prepare(sql, method !== 'objects')
    const values = params.map(bindable)
    if (prepared.writes) writes++
    if (!reader) {
      statement.run(...values)
      return { rows: [] }
    }
    // `get` hands its one row over as `rows`; no row must stay undefined.
    if (method === 'get') return { rows: statement.get(...values) as unknown[] }
    return { rows: statement.all(...values) }
  }
  return { run, writes: () => writes }
}

/** What raw SQL may carry beside the columns' own types: a moment is epoch milliseconds, a flag 0 or 1, as in the tables. */
function bindable(value: unknown): unknown {
  if (value instanceof Date) return value.getTime()
  if (typeof value === 'boolean') return value ? 1 : 0
  return value
}
