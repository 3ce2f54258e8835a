import type postgres from 'postgres'
import type { Migration } from './bundle-migrations.ts'
import { migrationHash, statementsOf } from './migrate-sqlite.ts'

/** Any fixed number: whoever changes the schema of this database holds this advisory lock. */
const schemaLock = 5_082_026

/**
 * Runs `change` while no other process changes the schema. `sql` must be a direct connection (a transaction pooler
 * loses session locks) with `max: 1`, since the lock belongs to a connection.
 */
export async function withSchemaLock<T>(sql: postgres.Sql, change: () => Promise<T>): Promise<T> {
  await sql`select pg_advisory_lock(${schemaLock})`
  try { return await change() }
  finally { await sql`select pg_advisory_unlock(${schemaLock})` }
}

/** Applies what is missing, all or nothing, in the table drizzle's own migrator keeps. Any number of processes may do so at once. */
export const migratePostgres = (sql: postgres.Sql, migrations: Migration[]): Promise<void> => withSchemaLock(sql, async () => {
  await sql.begin(async (tx) => {
    await tx`create schema if not exists drizzle`
    await tx`create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`
    const [last] = await tx<{ last: string | null }[]>`select max(created_at) as last from drizzle.__drizzle_migrations`
    for (const migration of migrations.filter(({ when }) => when > Number(last?.last ?? 0))) {
      for (const statement of statementsOf(migration)) await tx.unsafe(statement)
      await tx`insert into drizzle.__drizzle_migrations (hash, created_at) values (${migrationHash(migration)}, ${migration.when})`
    }
  })
})
