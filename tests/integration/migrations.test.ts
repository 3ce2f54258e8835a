import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { rows } from '../../db/database.ts'
import { openPostgres } from '../../db/open.postgres.ts'
import { createPostgres, migrations } from '../support/postgres.ts'

const root = join(import.meta.dirname, '../..')
const run = (script: string, environment: Record<string, string> = {}, ...words: string[]) =>
  promisify(execFile)(process.execPath, [join(root, 'scripts', script), ...words], { cwd: root, env: { ...process.env, DATABASE_URL: '', ...environment } })

describe('migrations', () => {
  it('hold all that db/tables.ts says, in both dialects', async () => {
    await run('generate-migrations.mjs', {}, '--check')
  }, 120_000)

  it('are applied to SQLite by npm run db:migrate, and a second run finds nothing to do', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-migrate-'))
    for (const _ of [1, 2]) expect((await run('migrate.ts', { DATA_DIR: folder })).stdout).toContain('parley.sqlite is up to date')
    rmSync(folder, { recursive: true })
  }, 120_000)

  it('are applied to Postgres by npm run db:migrate, with the queue’s', async () => {
    const made = await createPostgres({ migrated: false })
    expect((await run('migrate.ts', { DATABASE_URL: made.url })).stdout).toContain('is up to date')
    const database = openPostgres({ url: made.url, directUrl: made.url, migrations: [] })
    await database.ready
    expect(await rows(database.db, sql`select cast(count(*) as integer) as n from graphile_worker.jobs`)).toEqual([{ n: 0 }])
    await database.close()
    await made.drop()
  }, 120_000)

  it('are applied once by ten processes that start at the same moment', async () => {
    const made = await createPostgres({ migrated: false })
    const said = await Promise.all(Array.from({ length: 10 }, () => run('migrate.ts', { DATABASE_URL: made.url })))
    for (const { stdout } of said) expect(stdout).toContain('is up to date')
    const database = openPostgres({ url: made.url, directUrl: made.url, migrations: [] })
    await database.ready
    expect(await rows(database.db, sql`select cast(count(*) as integer) as n, cast(count(distinct hash) as integer) as once from drizzle.__drizzle_migrations`)).toEqual([{ n: migrations.postgres.length, once: migrations.postgres.length }])
    expect(await rows(database.db, sql`select cast(count(*) as integer) as n from graphile_worker.jobs`)).toEqual([{ n: 0 }])
    await database.close()
    await made.drop()
  }, 120_000)

  it('say what is wrong with the environment', async () => {
    await expect(run('migrate.ts', { DATABASE_URL: 'nonsense' })).rejects.toThrow(/The configuration is not right/)
  }, 120_000)
})
