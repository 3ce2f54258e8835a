import { readFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'

/** One migration as drizzle-kit generated it. `when` is epoch milliseconds. */
export interface Migration { tag: string, when: number, sql: string }
export interface Migrations { sqlite: Migration[], postgres: Migration[] }

/** Reads the generated migrations of both dialects, in order, from the folder that has `sqlite/` and `postgres/`. */
export function readMigrations(folder: string): Migrations {
  const read = (dialect: string): Migration[] => {
    const journal = join(folder, dialect, 'meta/_journal.json')
    if (!existsSync(journal)) return []
    const { entries } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: { tag: string, when: number }[] }
    return entries.map(({ tag, when }) => ({ tag, when, sql: readFileSync(join(folder, dialect, `${tag}.sql`), 'utf8') }))
  }
  return { sqlite: read('sqlite'), postgres: read('postgres') }
}

/** The same as a module, so that migrations travel inside the build (`#db-migrations`). */
export const bundledMigrations = (folder: string): string => `export default ${JSON.stringify(readMigrations(folder))}`
