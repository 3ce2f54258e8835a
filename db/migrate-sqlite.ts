import { createHash } from 'node:crypto'
import type BetterSqlite from 'better-sqlite3'
import type { Migration } from './bundle-migrations.ts'

export const migrationHash = (migration: Migration): string => createHash('sha256').update(migration.sql).digest('hex')
export const statementsOf = (migration: Migration): string[] =>
  migration.sql.split('--> statement-breakpoint').map(statement => statement.trim()).filter(Boolean)

/**
 * Applies what is missing, all or nothing, in the table drizzle's own migrator keeps. Foreign keys are off meanwhile:
 * SQLite changes a table by copying and dropping it, and a drop would cascade.
 */
export function migrateSqlite(connection: BetterSqlite.Database, migrations: Migration[]): void {
  connection.pragma('foreign_keys = OFF')
  connection.transaction(() => {
    connection.exec('create table if not exists __drizzle_migrations (id integer primary key, hash text not null, created_at numeric)')
    const last = connection.prepare('select max(created_at) as last from __drizzle_migrations').get() as { last: number | null }
    const missing = migrations.filter(migration => migration.when > (last.last ?? 0))
    for (const migration of missing) {
      for (const statement of statementsOf(migration)) connection.exec(statement)
      connection.prepare('insert into __drizzle_migrations (hash, created_at) values (?, ?)').run(migrationHash(migration), migration.when)
    }
    const broken = missing.length ? connection.pragma('foreign_key_check') as unknown[] : []
    if (broken.length) throw new Error(`A migration left ${broken.length} rows that refer to nothing`)
  }).immediate()
}
