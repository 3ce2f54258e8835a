/**
 * The one way out: every request that this server makes to an address that came from configuration, a model or a user
 * goes through here (docs/security.md). A name is checked where it is resolved, at the very connection that is used, so that
 * no redirect and no change of DNS between check and use leads inside.
 */
import { lookup as resolveName } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { Agent, FormData as UndiciFormData, buildConnector, errors, fetch as undiciFetch } from 'undici'

export class AddressRefused extends Error {
  constructor(host: string) {
    super(`Connecting to ${host} is not allowed: it is not a public address.`)
    this.name = 'AddressRefused'
  }
}

export interface Outbound {
  fetch: typeof globalThis.fetch
  close(): Promise<void>
}

/** True for addresses of the public internet alone; IPv4 inside IPv6 is judged as what it is. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast') return false
  if (parsed.kind() === 'ipv4') return true
  // IPv4 carried in other ways (6to4, Teredo, NAT64) has ranges of its own, so it never comes here as unicast; but for the oldest
  // of them (::a.b.c.d), and whatever else lies outside what has been given out as global (2000::/3, RFC 4291 §2.4).
  return parsed.match(ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number])
}

/** Resolves a name and refuses it when any of its addresses is not public. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolveName(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0)
    const [first] = addresses
    if (!first || addresses.some(({ address }) => !isPublicAddress(address))) return callback(new AddressRefused(hostname), '', 0)
    if (options.all) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}

const originOf = (url: string) => new URL(url).origin
const portOf = (protocol: string, port: string) => port || (protocol === 'https:' ? '443' : '80')
const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '')

/** Errors of connections that had served a request before. */
const lostOnReuse = new WeakSet<Error>()

function checkedConnector(trusted: ReadonlySet<string>, allowPrivate: boolean): buildConnector.connector {
  const direct = buildConnector({ allowH2: false })
  const guarded = buildConnector({ allowH2: false, lookup: publicLookup })
  return (options, answer) => {
    const callback: buildConnector.Callback = (...result) => {
      const [, socket] = result
      socket?.on('error', (error) => { if (socket.bytesRead > 0) lostOnReuse.add(error) })
      answer(...result)
    }
    const { protocol, hostname, port } = options
    const host = bare(hostname)
    if (allowPrivate || trusted.has(`${protocol}|${host}|${portOf(protocol, port)}`)) return direct(options, callback)
    // An address in the URL is not looked up, so the look-up can't refuse it.
    if (isIP(host) && !isPublicAddress(host)) return callback(new AddressRefused(host), null)
    guarded(options, callback)
  }
}

/** Node's own FormData is unknown to this undici; the parts are the same. */
function ownForm(form: FormData): UndiciFormData {
  const own = new UndiciFormData()
  for (const [name, value] of form) {
    if (typeof value === 'string') own.append(name, value)
    else own.append(name, value, value.name)
  }
  return own
}

/**
 * A kept connection that the other side closed just as we took it again: nothing was answered, and the request may be
 * sent anew (RFC 9112 §9.3.1). Bytes read before it failed tell that the connection had served another request.
 */
function wasStale(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof errors.SocketError) return (cause.socket?.bytesRead ?? 0) > 0
  return cause instanceof Error && lostOnReuse.has(cause)
}

/**
 * Opens the guarded fetch. Redirects are errors: what we talk to is configured, and has one address.
 * @param options.trusted base URLs the operator wrote down: they may be private or this very machine
 * @param options.maxResponseBytes of one answer's body; the connection is ended past it
 */
export function openOutbound(options: { trusted: string[], allowPrivate: boolean, maxResponseBytes?: number }): Outbound {
  const trusted = new Set(options.trusted.map(originOf).map((origin) => {
    const { protocol, hostname, port } = new URL(origin)
    return `${protocol}|${bare(hostname)}|${portOf(protocol, port)}`
  }))
  const settings: Agent.Options = {
    connect: checkedConnector(trusted, options.allowPrivate),
    maxResponseSize: options.maxResponseBytes ?? 64 * 1024 ** 2,
    // Silence is judged where it is known what is waited for.
    headersTimeout: 0,
    bodyTimeout: 0,
  }
  // One connection a stream, as many as there are streams; idle ones stay a while for the next.
  const agent = new Agent({ ...settings, keepAliveTimeout: 30_000 })
  const fresh = new Agent({ ...settings, pipelining: 0 })
  const send = (url: string | URL, init: RequestInit | undefined, dispatcher: Agent) => {
    const body = init?.body instanceof FormData ? ownForm(init.body) : init?.body
    return undiciFetch(url, { ...init, body, redirect: 'error', dispatcher } as Parameters<typeof undiciFetch>[1])
  }
  const guardedFetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = input instanceof Request ? input.url : input
    if (!/^https?:$/.test(new URL(url).protocol)) throw new AddressRefused(String(url).slice(0, 40))
    const answer = await send(url, init, agent).catch((error: unknown) => {
      if (!wasStale(error) || init?.signal?.aborted) throw error
      return send(url, init, fresh)
    })
    return answer as unknown as Response
  }
  return { fetch: guardedFetch as typeof globalThis.fetch, close: async () => { await Promise.all([agent.destroy(), fresh.destroy()]) } }
}
