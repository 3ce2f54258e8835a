/** Carries a request for `/files/…` to the local store and its answer back. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../domain/errors.ts'
import type { OwnFiles } from './media-store.ts'

/** Without a byte for this long, whoever reads or sends is taken for gone. */
const idleMs = 60_000

/** Answers it whole, or throws an AppError before anything was sent. `key` is decoded already. */
export async function serveFile(files: OwnFiles, key: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const query = new URL(request.url ?? '/', 'http://parley.invalid').searchParams
  response.setTimeout(idleMs, () => response.destroy())
  if (request.method === 'PUT') {
    await files.put(key, query, request)
    response.writeHead(204).end()
    return
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new AppError('not_found')
  const { status, headers, body } = await files.get(key, query, request.headers.range)
  response.writeHead(status, headers)
  if (request.method === 'HEAD') body?.destroy()
  if (request.method === 'HEAD' || !body) {
    response.end()
    return
  }
  // A reader that leaves in the middle (seeking does that all the time) is no fault.
  await pipeline(body, response).catch((error: unknown) => {
    if (!response.destroyed) throw error
  })
}
