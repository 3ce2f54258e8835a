/**
 * What Vercel's functions run instead of Nitro's own entry, which knows neither sockets nor `waitUntil`. The platform gives
 * both in a global "request context" (vercel.com/docs/functions/functions-api-reference/vercel-functions-package); crossws'
 * Vercel adapter takes its sockets from there.
 */
import '#nitro-internal-pollyfills'
import type { IncomingMessage, ServerResponse } from 'node:http'
import vercelSockets from 'crossws/adapters/vercel'
import { toNodeListener } from 'h3'
import { useNitroApp } from 'nitropack/runtime'

type WaitUntil = (work: Promise<unknown>) => void
interface RequestContext { get?: () => { waitUntil?: WaitUntil } | undefined }

const requestContext = Symbol.for('@vercel/request-context')
const waitUntil: WaitUntil = work => (globalThis as { [requestContext]?: RequestContext })[requestContext]?.get?.()?.waitUntil?.(work)

const { h3App, hooks } = useNitroApp()
hooks.hook('request', (event) => { event.context.waitUntil = waitUntil })
const listener = toNodeListener(h3App)
const sockets = vercelSockets(h3App.websocket as Parameters<typeof vercelSockets>[0])

export default async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (await sockets.handleNodeUpgrade(request, response)) return
  return listener(request, response)
}
