import { bigint, boolean, customType, index, integer, json, pgTable, primaryKey, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core'
import { storable } from './storable.ts'

const storableText = customType<{ data: string, driverData: string }>({ dataType: () => 'text', toDriver: storable })

/** The words tables are written in (db/tables.ts), in Postgres. Its types are the ones TypeScript sees for both dialects. */
export const columns = {
  table: pgTable,
  index,
  uniqueIndex,
  primaryKey,
  id: (name: string) => text(name),
  /** Text that people and models write; see `storable` for the two kinds of characters no database takes. */
  string: (name: string) => storableText(name),
  flag: (name: string) => boolean(name),
  count: (name: string) => integer(name),
  /** Numbers past 2³¹, such as bytes; exact to 2⁵³. */
  big: (name: string) => bigint(name, { mode: 'number' }),
  moment: (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' }),
  /**
   * Any JSON value, kept exactly. `json`, not `jsonb`: the latter refuses \u0000 and half an emoji (a model's token may
   * end in the middle of one), and costs more to write. It has no equality, so no DISTINCT or GROUP BY over it.
   */
  json: <T>(name: string) => json(name).$type<T>(),
  oneOf: <const V extends readonly [string, ...string[]]>(name: string, values: V) =>
    text(name, { enum: values as unknown as [V[0], ...string[]] }).$type<V[number]>(),
}

export type Columns = typeof columns
