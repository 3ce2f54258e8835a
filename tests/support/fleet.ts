/** A small fleet on real PostgreSQL: web and worker processes of the production build, as an operator would run them. */
import { randomUUID } from 'node:crypto'
import { createPostgres } from './postgres.ts'
import { startServer, type TestServer } from './server.ts'

export interface Fleet {
  webs: TestServer[]
  workers: TestServer[]
  databaseUrl: string
  /** Starts one more process of a role (or again, in the place of one that has ended). */
  start(role: 'web' | 'worker', port?: number): Promise<TestServer>
  all(): TestServer[]
  close(): Promise<void>
}

/** Starts `webs` and `workers` processes on a database of their own; the first web process at `port`, if one is given. */
export async function startFleet(env: Record<string, string>, { webs = 2, workers = 2, port }: { webs?: number, workers?: number, port?: number } = {}): Promise<Fleet> {
  const database = await createPostgres()
  const started: TestServer[] = []
  const settings = { DATABASE_URL: database.url, AUTH_SECRET: randomUUID(), ALLOW_GUESTS: 'true', TRUSTED_PROXIES: '127.0.0.1', ...env }
  const fleet: Fleet = {
    webs: [], workers: [], databaseUrl: database.url,
    start: async (role, at) => {
      const server = await startServer({ env: { ...settings, ROLE: role }, ...(at ? { port: at } : {}) })
      started.push(server)
      fleet[role === 'web' ? 'webs' : 'workers'].push(server)
      return server
    },
    all: () => [...fleet.webs, ...fleet.workers],
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
