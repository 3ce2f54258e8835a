/** AWS Signature Version 4, checked as a server checks it: in headers, in a query, in a POST policy. For the S3 double. */
import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export class Refusal extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message = code) {
    super(message)
    this.status = status
    this.code = code
  }
}

export interface Account { accessKey: string, secretKey: string, region: string }

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
export const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
const escape = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, letter => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)

function signingKey({ secretKey, region }: Account, scope: string): Buffer {
  const [date = '', scopeRegion, service, end] = scope.split('/')
  if (scopeRegion !== region || service !== 's3' || end !== 'aws4_request') throw new Refusal(400, 'AuthorizationHeaderMalformed', `the region is ${region}`)
  return hmac(hmac(hmac(hmac(`AWS4${secretKey}`, date), region), 's3'), 'aws4_request')
}

function openCredential(account: Account, credential: string): { scope: string, key: Buffer } {
  const [accessKey, ...scope] = credential.split('/')
  if (accessKey !== account.accessKey) throw new Refusal(403, 'InvalidAccessKeyId')
  return { scope: scope.join('/'), key: signingKey(account, scope.join('/')) }
}

const moment = (text: string): number => {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (!parts) throw new Refusal(403, 'AccessDenied', 'no proper date')
  return Date.parse(`${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${parts[6]}Z`)
}

function canonicalRequest(request: IncomingMessage, query: [string, string][], signedHeaders: string, payload: string): string {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  const headers = signedHeaders.split(';').map(name => `${name}:${String(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`).join('')
  const sorted = query.map(([name, value]) => `${escape(name)}=${escape(value)}`).sort().join('&')
  return [request.method, path, sorted, headers, signedHeaders, payload].join('\n')
}

const stringToSign = (date: string, scope: string, canonical: string) => ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')

/** Throws Refusal unless the request is signed by the account, in its headers or its query, and still good. */
export function checkRequest(account: Account, request: IncomingMessage, url: URL): { payloadHash: string } {
  const query = [...url.searchParams] as [string, string][]
  if (!String(request.headers.host)) throw new Refusal(400, 'InvalidRequest')
  return url.searchParams.has('X-Amz-Signature') ? checkQuery(account, request, url.searchParams, query) : checkHeaders(account, request, query)
}

function checkQuery(account: Account, request: IncomingMessage, parameters: URLSearchParams, query: [string, string][]) {
  const value = (name: string) => parameters.get(name) ?? ''
  const date = value('X-Amz-Date')
  const seconds = Number(value('X-Amz-Expires'))
  if (!(seconds >= 1 && seconds <= 604_800)) throw new Refusal(400, 'AuthorizationQueryParametersError')
  if (moment(date) > Date.now() + 900_000) throw new Refusal(403, 'AccessDenied', 'not yet valid')
  if (moment(date) + seconds * 1000 <= Date.now()) throw new Refusal(403, 'AccessDenied', 'Request has expired')
  const signedHeaders = value('X-Amz-SignedHeaders')
  if (!signedHeaders.split(';').includes('host')) throw new Refusal(403, 'AccessDenied', 'host must be signed')
  const { scope, key } = openCredential(account, value('X-Amz-Credential'))
  const canonical = canonicalRequest(request, query.filter(([name]) => name !== 'X-Amz-Signature'), signedHeaders, 'UNSIGNED-PAYLOAD')
  if (hmac(key, stringToSign(date, scope, canonical)).toString('hex') !== value('X-Amz-Signature')) throw new Refusal(403, 'SignatureDoesNotMatch')
  return { payloadHash: 'UNSIGNED-PAYLOAD' }
}

function checkHeaders(account: Account, request: IncomingMessage, query: [string, string][]) {
  const match = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(request.headers.authorization ?? '')
  if (!match) throw new Refusal(403, 'AccessDenied')
  const [, credential = '', signedHeaders = '', signature] = match
  const date = String(request.headers['x-amz-date'])
  if (Math.abs(moment(date) - Date.now()) > 900_000) throw new Refusal(403, 'RequestTimeTooSkewed')
  for (const name of Object.keys(request.headers).filter(name => name.startsWith('x-amz-') || name === 'host'))
    if (!signedHeaders.split(';').includes(name)) throw new Refusal(403, 'AccessDenied', `${name} must be signed`)
  const payloadHash = String(request.headers['x-amz-content-sha256'])
  const { scope, key } = openCredential(account, credential)
  const canonical = canonicalRequest(request, query, signedHeaders, payloadHash)
  if (hmac(key, stringToSign(date, scope, canonical)).toString('hex') !== signature) throw new Refusal(403, 'SignatureDoesNotMatch')
  return { payloadHash }
}

/** Throws Refusal unless the form carries a policy signed by the account, still good, that permits these fields and this size. */
export function checkPolicy(account: Account, fields: Record<string, string>, bytes: number, bucket: string): void {
  const { scope, key } = openCredential(account, fields['x-amz-credential'] ?? '')
  if (!scope || fields['x-amz-algorithm'] !== 'AWS4-HMAC-SHA256') throw new Refusal(403, 'AccessDenied')
  if (hmac(key, fields.policy ?? '').toString('hex') !== fields['x-amz-signature']) throw new Refusal(403, 'SignatureDoesNotMatch')
  const policy = JSON.parse(Buffer.from(fields.policy ?? '', 'base64').toString()) as { expiration: string, conditions: unknown[] }
  if (!(Date.parse(policy.expiration) > Date.now())) throw new Refusal(403, 'AccessDenied', 'Policy expired')
  const given: Record<string, string> = { ...fields, bucket }
  const covered = new Set(['policy', 'x-amz-signature', 'file'])
  for (const condition of policy.conditions) covered.add(checkCondition(condition, given, bytes))
  const extra = Object.keys(fields).find(name => !covered.has(name) && !name.startsWith('x-ignore-'))
  if (extra !== undefined) throw new Refusal(403, 'AccessDenied', `Extra input field: ${extra}`)
}

/** The name of the field the condition is about. */
function checkCondition(condition: unknown, given: Record<string, string>, bytes: number): string {
  const [kind, name, value] = Array.isArray(condition)
    ? condition as [string, string | number, string | number]
    : ['eq', ...Object.entries(condition as Record<string, string>)[0] ?? ['', '']] as [string, string, string]
  if (kind === 'content-length-range') {
    if (bytes < Number(name)) throw new Refusal(400, 'EntityTooSmall')
    if (bytes > Number(value)) throw new Refusal(400, 'EntityTooLarge')
    return kind
  }
  const field = String(name).replace(/^\$/, '').toLowerCase()
  const held = kind === 'starts-with' ? given[field]?.startsWith(String(value)) : given[field] === String(value)
  if (!held) throw new Refusal(403, 'AccessDenied', `Policy condition failed: ${field}`)
  return field
}
