/** The route `/files/…` of the product on a server of its own, for tests of the local store. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '../../server/domain/errors.ts'
import type { OwnFiles } from '../../server/media/media-store.ts'
import { serveFile } from '../../server/media/serve-file.ts'

export async function openFileHost(files: OwnFiles): Promise<{ reach(url: string): string, close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const key = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname.replace(/^\/files\//, ''))
    serveFile(files, key, request, response).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error
      response.writeHead(error.status, { connection: 'close' }).end(JSON.stringify({ error: error.toProblem() }))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    reach: url => new URL(url, origin).href,
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}
