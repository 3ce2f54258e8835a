/** Headers that tell a browser what our pages and answers may do. docs/security.md has the reasons. */
import { randomBytes } from 'node:crypto'
import { setResponseHeaders, type H3Event } from 'h3'
import type { Config } from '../config.ts'

declare module 'h3' {
  interface H3EventContext { nonce?: string }
}

const safeHost = /^[a-z0-9.:[\]-]{1,255}$/i

/**
 * Our bucket at the store, where a browser loads media from; empty for local disk. Not the whole host: the same one may
 * hold anybody's buckets, and what is asked of those their owners can read.
 */
function storeBucket({ env }: Pick<Config, 'env'>): string[] {
  const url = env.S3_PUBLIC_ENDPOINT ?? env.S3_ENDPOINT
  return url ? [`${new URL(url).origin}/${env.S3_BUCKET}/`] : []
}

/**
 * What a page may load. No host but our own and the store's: an address that a model wrote can't be fetched, so
 * nothing can be carried out of the page by one.
 */
export function contentPolicy(nonce: string, config: Pick<Config, 'env' | 'built'>, host: string | undefined): string {
  const store = storeBucket(config)
  // Forms are posted to the bucket itself, which a rule with a slash at its end doesn't name.
  const bucketItself = store.map(url => url.slice(0, -1))
  // Not every browser reads 'self' as including the socket of the same host.
  const sockets = host && safeHost.test(host) ? [`ws://${host}`, `wss://${host}`] : []
  const secure = config.env.PUBLIC_URL?.startsWith('https:') ?? false
  const rules: Record<string, string[]> = {
    'default-src': [`'self'`],
    'base-uri': [`'none'`],
    'object-src': [`'none'`],
    'frame-ancestors': [`'none'`],
    'frame-src': [`'self'`, 'blob:', ...store],
    'form-action': [`'self'`],
    'script-src': [`'nonce-${nonce}'`, `'strict-dynamic'`, `'wasm-unsafe-eval'`],
    'script-src-attr': [`'none'`],
    // Styles in attributes carry sizes and colours (formulas, diagrams, virtual lists); a style can't send anything out with these sources.
    'style-src': [`'self'`, `'unsafe-inline'`],
    'img-src': [`'self'`, 'blob:', 'data:', ...store],
    'media-src': [`'self'`, 'blob:', 'data:', ...store],
    'font-src': [`'self'`, 'data:'],
    'connect-src': [`'self'`, 'blob:', 'data:', ...sockets, ...store, ...bucketItself],
    'worker-src': [`'self'`, 'blob:'],
    'manifest-src': [`'self'`],
    ...(secure ? { 'upgrade-insecure-requests': [] } : {}),
  }
  return Object.entries(rules).map(([name, sources]) => [name, ...sources].join(' ')).join('; ')
}

/** Devices a page of ours may ask for: recording needs microphone and camera, screen capture the screen. */
const permissions = [
  'camera=(self)', 'microphone=(self)', 'display-capture=(self)', 'clipboard-write=(self)', 'fullscreen=(self)', 'autoplay=(self)', 'picture-in-picture=(self)',
  'geolocation=()', 'payment=()', 'usb=()', 'serial=()', 'hid=()', 'midi=()', 'accelerometer=()', 'gyroscope=()', 'magnetometer=()',
].join(', ')

/** Sets them on an answer of any kind, also an error. Routes that serve files replace the policy by a stricter one. */
export function setSecurityHeaders(event: H3Event, config: Pick<Config, 'env' | 'built'>): void {
  const nonce = randomBytes(16).toString('base64')
  event.context.nonce = nonce
  setResponseHeaders(event, {
    'content-security-policy': contentPolicy(nonce, config, event.node.req.headers.host),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    // Over plain http browsers look up the names of links before anybody clicks: a model could tell its secrets in a name.
    'x-dns-prefetch-control': 'off',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'origin-agent-cluster': '?1',
    'permissions-policy': permissions,
    'x-permitted-cross-domain-policies': 'none',
    // Only where the operator says that people come by https: told on plain http it would be ignored, or lock a LAN out.
    ...(config.env.PUBLIC_URL?.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  })
}

/** Marks the scripts (and what loads them ahead) in a piece of our own HTML as ours. */
export const addNonce = (html: string, nonce: string | undefined): string =>
  nonce === undefined ? html : html.replace(/<(script|link|style)(?=[\s>])(?![^>]*\snonce=)/g, `<$1 nonce="${nonce}"`)
