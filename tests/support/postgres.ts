/**
 * Real PostgreSQL for tests: `TEST_DATABASE_URL` (a server where databases may be made) or a server of our own, started
 * when the first test asks and shared by the run (global-setup.ts). Each caller gets a database of its own, cloned from a
 * migrated template.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import postgres from 'postgres'
import { readMigrations } from '../../db/bundle-migrations.ts'
import { openPostgres } from '../../db/open.postgres.ts'

export const migrations = readMigrations(join(import.meta.dirname, '../../db/migrations'))

export interface Server { url: string, template: string, stop(): Promise<void> }
export interface TestPostgres { url: string, drop(): Promise<void> }

const quietly = (url: string) => postgres(url, { max: 1, onnotice: () => {} })
const databaseAt = (url: string, name: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href
const freshName = (what: string) => `parley_${what}_${randomBytes(6).toString('hex')}`

/** Starts a server (or takes the one named in the environment) with a migrated template database. */
export async function startServer(): Promise<Server> {
  const launched = process.env.TEST_DATABASE_URL ? { url: process.env.TEST_DATABASE_URL, end: async () => {} } : await launch()
  const template = freshName('template')
  await withAdmin(launched.url, sql => sql.unsafe(`create database ${template} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`))
  const url = databaseAt(launched.url, template)
  const database = openPostgres({ url, directUrl: url, migrations: migrations.postgres, max: 1 })
  await database.ready
  await database.close()
  return {
    url: launched.url,
    template,
    stop: async () => {
      if (process.env.TEST_DATABASE_URL) await withAdmin(launched.url, sql => sql.unsafe(`drop database if exists ${template} with (force)`))
      await launched.end()
    },
  }
}

export interface LaunchedPostgres {
  url: string
  /** Stops it with `signal` (SIGINT: orderly, SIGQUIT: at once) and starts it again at the same address after `downMs`. */
  restart(signal: 'SIGINT' | 'SIGQUIT', downMs: number): Promise<void>
  end(): Promise<void>
}

/** A server that the caller may also restart: nobody else uses it. */
export async function launch(): Promise<LaunchedPostgres> {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'postgres-launcher.ts')], { stdio: ['pipe', 'pipe', 'inherit'] })
  if (!child.stdout) throw new Error('The PostgreSQL launcher has no output')
  const lines = createInterface(child.stdout)
  const line = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve)
    child.once('exit', code => reject(new Error(`The PostgreSQL launcher ended with code ${code}`)))
  })
  const said = JSON.parse(line) as { url: string } | { error: string }
  if ('error' in said) throw new Error(`${said.error}\nSet TEST_DATABASE_URL to a PostgreSQL server where the tests may make databases.`)
  // It must not keep the process that asked alive; when that one ends, the pipe closes and the server stops.
  child.unref()
  for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref()
  return {
    url: said.url,
    restart: (signal, downMs) => new Promise((resolve) => {
      lines.once('line', () => resolve())
      child.stdin?.write(`restart ${signal} ${downMs}\n`)
    }),
    end: () => new Promise((resolve) => {
      child.once('exit', () => resolve())
      child.stdin?.end()
    }),
  }
}

async function withAdmin(url: string, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = quietly(url)
  try { await work(sql) }
  finally { await sql.end({ timeout: 5 }) }
}

let own: Promise<Server> | undefined

async function findServer(): Promise<Pick<Server, 'url' | 'template'>> {
  const shared = process.env.PARLEY_TEST_POSTGRES
  if (!shared) return own ??= startServer()
  const answer = await fetch(shared)
  if (!answer.ok) throw new Error(await answer.text())
  return await answer.json() as Server
}

/** A database of the caller's own: migrated, or empty with `{ migrated: false }`. */
export async function createPostgres({ migrated = true }: { migrated?: boolean } = {}): Promise<TestPostgres> {
  const { url, template } = await findServer()
  const name = freshName('test')
  const make = migrated ? `create database ${name} template ${template}` : `create database ${name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`
  await withAdmin(url, sql => sql.unsafe(make))
  return {
    url: databaseAt(url, name),
    drop: () => withAdmin(url, sql => sql.unsafe(`drop database if exists ${name} with (force)`)),
  }
}
