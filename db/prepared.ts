/**
 * Queries built once and run many times. drizzle makes each query's text anew from its parts, which on the way of a
 * message cost more than the database's own work. Only for texts that are always the same: what varies is a `value`.
 */
import { Param, Placeholder, getTableColumns, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { dialectOf, type Database, type Query } from './database.ts'

/** What varies in a prepared query, by its name among the values. Stands wherever a value of any column may. */
// drizzle takes placeholders in `set` too, though its types don't say so.
export const value = (name: string): Placeholder & never => sql.placeholder(name) as never

type Values = Record<string, unknown>
/** A finished query of the builder. */
interface Built<R> { prepare(name: string): { execute(): Promise<R> } }
/** What drizzle makes of it, and its types hide. Postgres' has the parameters a second time, as `params`. */
interface Prepared<R> { execute(): Promise<R>, query: { sql: string, params: unknown[] } }

const prepare = <R>(built: Built<R>): Prepared<R> => built.prepare('') as Prepared<R>
/** What drizzle runs it through: of a transaction another than of its database. */
interface WithSession { session: { client: unknown } }

function fill(parameter: unknown, values: Values): unknown {
  const placeholder = parameter instanceof Param ? parameter.value : parameter
  if (!(placeholder instanceof Placeholder)) return parameter
  const given = values[placeholder.name]
  if (given === undefined) throw new Error(`No value for ${placeholder.name}`)
  // As drizzle does where there is no placeholder: encoders know no null.
  return parameter instanceof Param && given !== null ? parameter.encoder.mapToDriverValue(given) : given
}

/** Runs on this connection what was prepared on any of its dialect. */
function run<R>(made: Prepared<R>, q: Query, values: Values): Promise<R> {
  const params = made.query.params.map(parameter => fill(parameter, values))
  const here = Object.assign(Object.create(Object.getPrototypeOf(made) as object) as Prepared<R>, made, {
    client: (q as unknown as WithSession).session.client, params, query: { ...made.query, params },
  })
  return here.execute()
}

/**
 * Makes a query of what `build` builds, once for each dialect.
 * @returns a function that runs it, in a database or a transaction, with these values
 */
export function prepared<R>(build: (q: Query) => Built<R>): (q: Query, values: Values) => Promise<R> {
  const kept: Partial<Record<Database['dialect'], Prepared<R>>> = {}
  return (q, values) => run(kept[dialectOf(q)] ??= prepare(build(q)), q, values)
}

/**
 * The same for an update that sets now these, now those columns: built once for each choice of columns. `set` has a
 * `value` for each of them.
 */
export function preparedUpdate<S extends object, R>(build: (q: Query, set: S) => Built<R>): (q: Query, set: S, values: Values) => Promise<R> {
  const kept = new Map<string, Prepared<R>>()
  return (q, set, values) => {
    const names = Object.keys(set).filter(name => set[name as keyof S] !== undefined)
    const key = `${dialectOf(q)} ${names.join()}`
    let made = kept.get(key)
    if (!made) kept.set(key, made = prepare(build(q, Object.fromEntries(names.map(name => [name, value(name)])) as S)))
    return run(made, q, { ...values, ...set })
  }
}

/** A `value` for each column of a table, for a prepared insert. */
export const everyColumn = <T extends PgTable>(table: T): T['$inferInsert'] =>
  Object.fromEntries(Object.keys(getTableColumns(table)).map(name => [name, value(name)])) as T['$inferInsert']

/** The values of a whole row: what isn't given is its column's default, or null. */
export const wholeRow = <T extends PgTable>(table: T, row: T['$inferInsert']): Values =>
  Object.fromEntries(Object.entries(getTableColumns(table)).map(([name, column]) => [name, (row as Values)[name] ?? column.defaultFn?.() ?? null]))
