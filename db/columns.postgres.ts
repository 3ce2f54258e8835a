import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core'

/** The words tables are written in (db/tables.ts), in Postgres. Its types are the ones TypeScript sees for both dialects. */
export const columns = {
  table: pgTable,
  index,
  uniqueIndex,
  primaryKey,
  id: (name: string) => text(name),
  string: (name: string) => text(name),
  flag: (name: string) => boolean(name),
  count: (name: string) => integer(name),
  /** Numbers past 2³¹, such as bytes; exact to 2⁵³. */
  big: (name: string) => bigint(name, { mode: 'number' }),
  moment: (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' }),
  json: <T>(name: string) => jsonb(name).$type<T>(),
  oneOf: <const V extends readonly [string, ...string[]]>(name: string, values: V) =>
    text(name, { enum: values as unknown as [V[0], ...string[]] }).$type<V[number]>(),
}

export type Columns = typeof columns
