/**
 * An address that takes one PUT of exactly so many bytes: Signature V4 in the query with `content-length` signed. The
 * library's own pre-signed PUT signs the host alone, so it would take five gigabytes where eight megabytes were granted.
 */
import { createHash, createHmac } from 'node:crypto'

export interface PartGrant {
  /** Origin of the store as browsers reach it. */
  endpoint: string
  region: string
  bucket: string
  accessKey: string
  secretKey: string
  key: string
  uploadId: string
  number: number
  bytes: number
  /** Epoch seconds. */
  start: number
  expires: number
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const escape = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, letter => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
const signedHeaders = 'content-length;host'

export function partAddress(grant: PartGrant): string {
  const { origin, host } = new URL(grant.endpoint)
  const moment = new Date(grant.start * 1000).toISOString().replace(/[-:]|\.\d+/g, '')
  const day = moment.slice(0, 8)
  const scope = `${day}/${grant.region}/s3/aws4_request`
  const path = `/${grant.bucket}/${grant.key.split('/').map(escape).join('/')}`
  const query = Object.entries({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${grant.accessKey}/${scope}`,
    'X-Amz-Date': moment,
    'X-Amz-Expires': String(grant.expires - grant.start),
    'X-Amz-SignedHeaders': signedHeaders,
    'partNumber': String(grant.number),
    'uploadId': grant.uploadId,
  }).map(([name, value]) => `${escape(name)}=${escape(value)}`).sort().join('&')
  const canonical = ['PUT', path, query, `content-length:${grant.bytes}`, `host:${host}`, '', signedHeaders, 'UNSIGNED-PAYLOAD'].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', moment, scope, createHash('sha256').update(canonical).digest('hex')].join('\n')
  const signingKey = [day, grant.region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${grant.secretKey}`)
  return `${origin}${path}?${query}&X-Amz-Signature=${createHmac('sha256', signingKey).update(toSign).digest('hex')}`
}
