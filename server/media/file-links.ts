/**
 * Signed links to `/files/…` of the local store: what an S3 store does with pre-signed addresses. All that a link
 * permits is inside the signature (HMAC-SHA256): purpose, key, expiry, and for reading the type, name and disposition,
 * for writing the exact size.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { AppError } from '../domain/errors.ts'

export type FileClaim =
  | { purpose: 'get', key: string, expires: number, mime: string, name: string, inline: boolean }
  | { purpose: 'put', key: string, expires: number, bytes: number }
  | { purpose: 'part', key: string, expires: number, bytes: number, uploadId: string, number: number }

/** The claim as ordered query parameters; also what is signed, so that the two cannot differ. */
function parameters(claim: FileClaim): [string, string][] {
  const common: [string, string][] = [['p', claim.purpose], ['e', String(claim.expires)]]
  if (claim.purpose === 'get') return [...common, ['t', claim.mime], ['n', claim.name], ['d', claim.inline ? 'inline' : 'attachment']]
  if (claim.purpose === 'put') return [...common, ['b', String(claim.bytes)]]
  return [...common, ['b', String(claim.bytes)], ['u', claim.uploadId], ['i', String(claim.number)]]
}

function parse(key: string, query: URLSearchParams): FileClaim | null {
  const text = (name: string) => query.get(name) ?? ''
  const expires = Number(text('e'))
  switch (query.get('p')) {
    case 'get': return { purpose: 'get', key, expires, mime: text('t'), name: text('n'), inline: text('d') === 'inline' }
    case 'put': return { purpose: 'put', key, expires, bytes: Number(text('b')) }
    case 'part': return { purpose: 'part', key, expires, bytes: Number(text('b')), uploadId: text('u'), number: Number(text('i')) }
    default: return null
  }
}

const signature = (secret: string, claim: FileClaim): string =>
  createHmac('sha256', secret).update(JSON.stringify(['parley-file-1', claim.key, parameters(claim)])).digest('base64url')

/** A path with query, such as `/files/<key>?p=get&e=…&s=…`. `expires` of the claim is in epoch seconds. */
export function fileLink(secret: string, claim: FileClaim): string {
  const query = new URLSearchParams([...parameters(claim), ['s', signature(secret, claim)]])
  return `/files/${claim.key.split('/').map(encodeURIComponent).join('/')}?${query}`
}

/** What the link permits. @throws AppError `link_expired` unless we signed it, for this purpose, and it is still good. */
export function openFileLink<P extends FileClaim['purpose']>(
  secret: string, purposes: readonly P[], key: string, query: URLSearchParams, nowMs: number = Date.now(),
): Extract<FileClaim, { purpose: P }> {
  const claim = parse(key, query)
  const given = Buffer.from(query.get('s') ?? '')
  const wanted = Buffer.from(claim ? signature(secret, claim) : '')
  const genuine = wanted.length > 0 && given.length === wanted.length && timingSafeEqual(given, wanted)
  if (!claim || !genuine || !(purposes as readonly string[]).includes(claim.purpose) || !(claim.expires * 1000 > nowMs))
    throw new AppError('link_expired')
  return claim as Extract<FileClaim, { purpose: P }>
}
