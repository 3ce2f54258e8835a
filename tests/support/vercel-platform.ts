/**
 * Vercel in small: `node vercel-platform.ts <build output> <port>` serves the static files and gives every other request
 * to the built function, a Node `(req, res)` listener, as the platform does: with a request context that has `waitUntil`
 * and, for a socket, the upgrade (vercel.com/docs/build-output-api, crossws/adapters/vercel).
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer, ServerResponse, type IncomingMessage, type RequestListener } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'

const [output = '', port = ''] = process.argv.slice(2)

interface Context { waitUntil(work: Promise<unknown>): void, upgradeWebSocket?: () => { req: IncomingMessage, socket: Duplex, head: Buffer } }
const contexts = new AsyncLocalStorage<Context>()
Object.assign(globalThis, { [Symbol.for('@vercel/request-context')]: { get: () => contexts.getStore() } })

const { default: listener } = await import(join(output, 'functions/__fallback.func/index.mjs')) as { default: RequestListener }

/** Work after an answer, by the request it came from: the platform keeps the function for it. */
const waitUntil = (request: IncomingMessage) => (work: Promise<unknown>) => {
  const said = `${request.method} ${request.url?.split('?')[0]}`
  work.then(() => console.log(`waited for what ${said} left to do`), (error: unknown) => console.error(`what ${said} left to do failed`, error))
}

const server = createServer((request, response) => {
  const file = join(output, 'static', new URL(request.url ?? '/', 'http://x').pathname)
  if (request.method === 'GET' && existsSync(file) && statSync(file).isFile()) return void response.end(readFileSync(file))
  contexts.run({ waitUntil: waitUntil(request) }, () => void listener(request, response))
})
server.on('upgrade', (request, socket, head) => {
  contexts.run({ waitUntil: waitUntil(request), upgradeWebSocket: () => ({ req: request, socket, head }) }, () => void listener(request, new ServerResponse(request)))
})
server.listen(Number(port), '127.0.0.1')
