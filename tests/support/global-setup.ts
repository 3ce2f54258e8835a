/** vitest's global set-up: one PostgreSQL server for the whole run, started when the first test asks for it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startServer, type Server } from './postgres.ts'

export default async function setup(): Promise<() => Promise<void>> {
  let server: Promise<Server> | undefined
  const door = createServer((_request, response) => {
    server ??= startServer()
    server.then(
      ({ url, template }) => response.end(JSON.stringify({ url, template })),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    )
  })
  await new Promise<void>(resolve => door.listen(0, '127.0.0.1', resolve))
  // Inherited by the workers, which are started after this.
  process.env.PARLEY_TEST_POSTGRES = `http://127.0.0.1:${(door.address() as AddressInfo).port}`
  return async () => {
    door.closeAllConnections()
    door.close()
    await (await server?.catch(() => undefined))?.stop()
  }
}
