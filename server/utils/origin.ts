/** Whether a request was made by a page of ours. Cookies alone don't say: a browser sends them along for any page. */
import type { IncomingMessage } from 'node:http'
import type { Config } from '../config.ts'

const originOf = (url: string): string | null => {
  try {
    return new URL(url).origin
  }
  catch {
    return null
  }
}

/** Headers of HTTP requests and of socket upgrades, as a plain function from name to value. */
export type ReadHeader = (name: string) => string | null | undefined

export const readHeaderOf = (request: Pick<IncomingMessage, 'headers'>): ReadHeader => (name) => {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/**
 * True for a page of this server: its origin is `PUBLIC_URL`, one of `TRUSTED_ORIGINS`, or names the very host the request
 * went to. Without `Origin` the browser's own word (`Sec-Fetch-Site`) counts. With neither it is no browser, and nobody's cookies were misused.
 * @param forwardedHost The host a trusted proxy was asked for, when it rewrites `Host`.
 */
export function isOwnOrigin(header: ReadHeader, { env }: Pick<Config, 'env'>, forwardedHost?: string): boolean {
  const origin = header('origin')
  if (origin) {
    if (origin === 'null') return false
    const named = [env.PUBLIC_URL, ...env.TRUSTED_ORIGINS].flatMap(url => url ? [originOf(url)] : [])
    if (named.includes(origin)) return true
    const host = forwardedHost ?? header('host')
    // Compared without the scheme: behind a proxy that ends TLS we see http and the page sees https.
    return Boolean(host) && originOf(origin) !== null && new URL(origin).host === host?.toLowerCase()
  }
  const site = header('sec-fetch-site')
  return !site || site === 'same-origin' || site === 'none'
}
