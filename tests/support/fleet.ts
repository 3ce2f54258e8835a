/** A small fleet on real PostgreSQL: web and worker processes of the production build, as an operator would run them. */
import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { createPostgres, launch, type LaunchedPostgres } from './postgres.ts'
import { startServer, type TestServer } from './server.ts'

export interface Fleet {
  webs: TestServer[]
  workers: TestServer[]
  databaseUrl: string
  /** Starts one more process of a role (or again, in the place of one that has ended). */
  start(role: 'web' | 'worker', port?: number): Promise<TestServer>
  all(): TestServer[]
  /** How many processes it has had. */
  started(): number
  /** Restarts its PostgreSQL, if that is its own. */
  restartDatabase: LaunchedPostgres['restart']
  close(): Promise<void>
}

export interface FleetOptions {
  webs?: number
  workers?: number
  /** Of the first web process. */
  port?: number
  /** A PostgreSQL server of its own, which may be restarted, rather than a database on the shared one. */
  ownDatabase?: boolean
  /** Folder of the build, instead of the one that is made of the sources. */
  build?: string
}

async function openDatabase(own: boolean): Promise<{ url: string, drop(): Promise<void>, restart: Fleet['restartDatabase'] }> {
  if (!own) return { ...await createPostgres(), restart: () => Promise.reject(new Error('This PostgreSQL is shared.')) }
  const { url, restart, end } = await launch()
  // The test server forgets its last commits when it is stopped at once, unless it is told not to.
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await sql`alter role postgres set synchronous_commit = on`
  await sql.end()
  return { url, drop: end, restart }
}

/** Starts `webs` and `workers` processes on a database of their own. */
export async function startFleet(env: Record<string, string>, { webs = 2, workers = 2, port, ownDatabase = false, build }: FleetOptions = {}): Promise<Fleet> {
  const database = await openDatabase(ownDatabase)
  const started: TestServer[] = []
  const settings = { DATABASE_URL: database.url, AUTH_SECRET: randomUUID(), ALLOW_GUESTS: 'true', TRUSTED_PROXIES: '127.0.0.1', ...env }
  const fleet: Fleet = {
    webs: [], workers: [], databaseUrl: database.url,
    start: async (role, at) => {
      const server = await startServer({ env: { ...settings, ROLE: role }, ...(at ? { port: at } : {}), ...(build ? { build } : {}), readyWithinMs: 120_000 })
      started.push(server)
      fleet[role === 'web' ? 'webs' : 'workers'].push(server)
      return server
    },
    all: () => [...fleet.webs, ...fleet.workers],
    started: () => started.length,
    restartDatabase: database.restart,
    close: async () => {
      await Promise.all(started.map(server => server.close()))
      await database.drop()
    },
  }
  try {
    await fleet.start('web', port)
    await Promise.all([...Array.from({ length: webs - 1 }, () => fleet.start('web')), ...Array.from({ length: workers }, () => fleet.start('worker'))])
  }
  catch (error) {
    await fleet.close()
    throw error
  }
  return fleet
}
