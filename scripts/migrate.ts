/** `npm run db:migrate`: brings the configured database up to date, as every start of the server does by itself. */
import { join } from 'node:path'
import { runMigrations } from 'graphile-worker'
import { readMigrations } from '../db/bundle-migrations.ts'
import { openPostgres } from '../db/open.postgres.ts'
import { openSqlite } from '../db/open.sqlite.ts'
import { readConfig } from '../server/config.ts'
import { openLog } from '../server/log.ts'

const config = readConfig(process.env)
const migrations = readMigrations(join(import.meta.dirname, '../db/migrations'))
const { DATABASE_URL: url, DATABASE_DIRECT_URL: directUrl = url } = config.env

if (url === undefined || directUrl === undefined) {
  const file = config.sqliteFile
  await openSqlite(file, migrations.sqlite).close()
  console.log(`${file} is up to date (${migrations.sqlite.length} migrations).`)
}
else {
  const database = openPostgres({ url, directUrl, migrations: migrations.postgres, log: openLog(config.env.LOG_LEVEL), max: 1 })
  try {
    await database.ready
    await runMigrations({ connectionString: directUrl })
  }
  finally { await database.close() }
  console.log(`The database at ${new URL(directUrl).host} is up to date (${migrations.postgres.length} migrations, and the queue's).`)
}
