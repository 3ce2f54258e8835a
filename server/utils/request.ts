/** What is known of a request: its id, whom it comes from, and its line in the log. */
import { randomUUID } from 'node:crypto'
import { setResponseHeader, type H3Event } from 'h3'
import ipaddr from 'ipaddr.js'
import { metrics } from '../metrics.ts'
import type { Config } from '../config.ts'
import type { Services } from '../services.ts'

declare module 'h3' {
  interface H3EventContext { requestId?: string, userId?: string }
}

/** The id a request is logged under, and that its answer carries as `x-request-id`. Always ours: one from outside could be anything. */
export function requestIdOf(event: H3Event): string {
  event.context.requestId ??= randomUUID()
  return event.context.requestId
}

/** Lets the log say whose request it was. */
export function noteUser(event: H3Event, userId: string): void {
  event.context.userId = userId
}

const quiet = /^\/(_nuxt|_fonts|_nuxt_icon|api\/health|api\/_nuxt_icon|metrics|favicon)/

/** Gives a request its id, and a line in the log when its answer has left. Paths are logged without their query: signatures stand there. */
export function startRequest(event: H3Event, { log }: Pick<Services, 'log'>): void {
  const requestId = requestIdOf(event)
  const startedAt = performance.now()
  const path = event.path.split('?')[0] ?? '/'
  setResponseHeader(event, 'x-request-id', requestId)
  event.node.res.once('close', () => {
    const line = {
      requestId, method: event.method, path: path.slice(0, 500), status: event.node.res.statusCode, ms: Math.round(performance.now() - startedAt),
      ...(event.context.userId ? { userId: event.context.userId } : {}), ...(event.node.res.writableFinished ? {} : { cut: true }),
    }
    metrics.requests.observe({ method: event.method, status: `${Math.floor(event.node.res.statusCode / 100)}xx` }, (performance.now() - startedAt) / 1000)
    if (quiet.test(path)) log.debug(line, 'request')
    else log.info(line, 'request')
  })
}

const parseAddress = (text: string) => {
  try {
    return ipaddr.process(text.trim())
  }
  catch {
    return null
  }
}

function isTrusted(address: ReturnType<typeof parseAddress>, proxies: readonly string[]): boolean {
  return address !== null && proxies.some((proxy) => {
    try {
      const [network, bits] = proxy.includes('/') ? ipaddr.parseCIDR(proxy) : [ipaddr.process(proxy), ipaddr.process(proxy).kind() === 'ipv4' ? 32 : 128] as const
      return network.kind() === address.kind() && address.match(network, bits)
    }
    catch {
      return false
    }
  })
}

/**
 * The address a request came from. `X-Forwarded-For` is believed only as far as `TRUSTED_PROXIES` wrote it: read from
 * its end, the first address that is not one of them. `nuxt dev` and a Unix socket have no peer address: the proxy in front is ours.
 */
export function clientAddress(event: H3Event, { env, built }: Pick<Config, 'env' | 'built'>): string {
  const peer = event.node.req.socket.remoteAddress
  const forwarded = String(event.node.req.headers['x-forwarded-for'] ?? '').split(',').map(part => part.trim()).filter(Boolean)
  let current = peer ? parseAddress(peer) : null
  if (!peer && (!built || env.TRUSTED_PROXIES.includes('unix'))) current = parseAddress(forwarded.pop() ?? '')
  while (forwarded.length > 0 && isTrusted(current, env.TRUSTED_PROXIES)) current = parseAddress(forwarded.pop() ?? '')
  return current?.toString() ?? 'unknown'
}

/** What counts as one place for limits: an IPv4 address, or the /64 a household or machine has in IPv6. */
export function placeOf(address: string): string {
  const parsed = parseAddress(address)
  if (!parsed || parsed.kind() === 'ipv4') return address
  return `${parsed.toByteArray().slice(0, 8).map(byte => byte.toString(16).padStart(2, '0')).join('')}/64`
}

/** True when the request's peer is one of `TRUSTED_PROXIES`, so that its `X-Forwarded-*` may be believed. */
export const fromTrustedProxy = (event: H3Event, { env }: Pick<Config, 'env'>): boolean =>
  isTrusted(parseAddress(event.node.req.socket.remoteAddress ?? ''), env.TRUSTED_PROXIES)
