import { customType, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { Columns } from './columns.postgres.ts'
import { storable } from './storable.ts'

const storableText = customType<{ data: string, driverData: string }>({ dataType: () => 'text', toDriver: storable })

/** The same words in SQLite, shown to TypeScript as the Postgres ones: all calls are asynchronous and typed alike. */
export const columns = {
  table: sqliteTable,
  index,
  uniqueIndex,
  primaryKey,
  id: (name: string) => text(name),
  string: (name: string) => storableText(name),
  flag: (name: string) => integer(name, { mode: 'boolean' }),
  count: (name: string) => integer(name),
  big: (name: string) => integer(name),
  moment: (name: string) => integer(name, { mode: 'timestamp_ms' }),
  json: <T>(name: string) => text(name, { mode: 'json' }).$type<T>(),
  oneOf: (name: string, values: readonly [string, ...string[]]) => text(name, { enum: values as [string, ...string[]] }),
} satisfies Record<keyof Columns, unknown> as unknown as Columns
