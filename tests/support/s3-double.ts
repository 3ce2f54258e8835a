/**
 * A small S3 in memory that really checks: signatures, expiry, host, POST policies, CORS. It can be told to fail.
 * `openS3Double()` in a test, or `node tests/support/s3-double.ts <port> <bucket>` as a server of its own.
 */
import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readForm } from './s3-form.ts'
import { checkPolicy, checkRequest, Refusal, sha256, type Account } from './s3-signature.ts'

interface Stored { data: Buffer, mime: string, modifiedAt: Date }
interface Upload { key: string, mime: string, parts: Map<number, Buffer>, initiated: Date }
interface Answer { status?: number, headers?: Record<string, string>, body?: string | Buffer }
interface Ask { request: IncomingMessage, url: URL, bucket: string, key: string, body: Buffer, query: URLSearchParams }

export interface S3Double {
  endpoint: string
  account: Account
  objects: Map<string, Stored>
  uploads: Map<string, Upload>
  buckets: Map<string, string | null>
  /** `METHOD key-or-query` of every request that was let in. */
  requests: string[]
  /** The next `times` requests of the method (all, unless told) are answered 503. */
  failNext(times: number, method?: string): void
  /** While down, connections are cut without an answer. */
  setDown(down: boolean): void
  close(): Promise<void>
}

const etag = (data: Buffer) => `"${createHash('md5').update(data).digest('hex')}"`
const xml = (body: string) => ({ headers: { 'content-type': 'application/xml' }, body: `<?xml version="1.0" encoding="UTF-8"?>${body}` })
const escape = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')
const tags = (body: string, tag: string) => [...body.matchAll(new RegExp(`<${tag}>([^<]*)</${tag}>`, 'g'))].map(match => match[1] ?? '')

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

interface DoubleOptions {
  bucket?: string | null
  port?: number
  account?: Account
  /** What it says of an upload in parts it doesn't know: AWS `NoSuchUpload`, Ceph's gateway `NoSuchKey`. */
  unknownUpload?: 'NoSuchUpload' | 'NoSuchKey'
}

export async function openS3Double({
  bucket = 'parley', port = 0, account = { accessKey: 'double', secretKey: 'double-secret', region: 'us-east-1' }, unknownUpload = 'NoSuchUpload',
}: DoubleOptions = {}): Promise<S3Double> {
  const objects = new Map<string, Stored>()
  const uploads = new Map<string, Upload>()
  const buckets = new Map<string, string | null>(bucket === null ? [] : [[bucket, null]])
  const requests: string[] = []
  let failing = { times: 0, method: '' }
  let down = false

  const missing = (): never => { throw new Refusal(404, 'NoSuchKey') }
  const store = (key: string, data: Buffer, mime: string): Answer => {
    objects.set(key, { data, mime, modifiedAt: new Date() })
    return { headers: { etag: etag(data) } }
  }
  const uploadOf = ({ query, key }: Ask) => {
    const upload = uploads.get(query.get('uploadId') ?? '')
    if (!upload || upload.key !== key) throw new Refusal(404, unknownUpload)
    return upload
  }

  const read = ({ request, query, key }: Ask): Answer => {
    const found = objects.get(key) ?? missing()
    const headers: Record<string, string> = {
      'etag': etag(found.data), 'last-modified': found.modifiedAt.toUTCString(), 'accept-ranges': 'bytes',
      'content-type': query.get('response-content-type') ?? found.mime,
    }
    for (const name of ['content-disposition', 'cache-control']) if (query.has(`response-${name}`)) headers[name] = query.get(`response-${name}`) ?? ''
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    if (!range) return { headers: { ...headers, 'content-length': String(found.data.length) }, body: found.data }
    const start = Number(range[1])
    if (start >= found.data.length) throw new Refusal(416, 'InvalidRange')
    const end = Math.min(range[2] === '' ? Infinity : Number(range[2]), found.data.length - 1)
    return { status: 206, headers: { ...headers, 'content-range': `bytes ${start}-${end}/${found.data.length}`, 'content-length': String(end - start + 1) }, body: found.data.subarray(start, end + 1) }
  }

  const write = (ask: Ask): Answer => {
    const { request, query, key, body } = ask
    const mime = String(request.headers['content-type'] ?? 'application/octet-stream')
    if (query.has('uploadId')) {
      uploadOf(ask).parts.set(Number(query.get('partNumber')), body)
      return { headers: { etag: etag(body) } }
    }
    const source = request.headers['x-amz-copy-source']
    if (source === undefined) return store(key, body, mime)
    const from = objects.get(decodeURIComponent(String(source)).replace(/^\/?[^/]+\//, '')) ?? missing()
    store(key, from.data, from.mime)
    return xml(`<CopyObjectResult><ETag>${escape(etag(from.data))}</ETag><LastModified>${new Date().toISOString()}</LastModified></CopyObjectResult>`)
  }

  const finish = (ask: Ask): Answer => {
    const upload = uploadOf(ask)
    const named = tags(ask.body.toString(), 'PartNumber').map(Number)
    const parts = named.map(number => upload.parts.get(number) ?? (() => { throw new Refusal(400, 'InvalidPart') })())
    if (parts.slice(0, -1).some(part => part.length < 5 * 1024 ** 2)) throw new Refusal(400, 'EntityTooSmall')
    uploads.delete(ask.query.get('uploadId') ?? '')
    const data = Buffer.concat(parts)
    store(ask.key, data, upload.mime)
    return xml(`<CompleteMultipartUploadResult><Location>/${ask.bucket}/${ask.key}</Location><Bucket>${ask.bucket}</Bucket><Key>${ask.key}</Key><ETag>${escape(etag(data))}</ETag></CompleteMultipartUploadResult>`)
  }

  const listParts = (ask: Ask): Answer => xml(`<ListPartsResult><IsTruncated>false</IsTruncated>${[...uploadOf(ask).parts].sort(([a], [b]) => a - b).map(([number, data]) =>
    `<Part><PartNumber>${number}</PartNumber><ETag>${escape(etag(data))}</ETag><Size>${data.length}</Size><LastModified>${new Date().toISOString()}</LastModified></Part>`).join('')}</ListPartsResult>`)

  const list = ({ query }: Ask): Answer => {
    const most = 1000
    const after = query.get('continuation-token') ?? query.get('start-after') ?? ''
    const keys = [...objects.keys()].filter(key => key.startsWith(query.get('prefix') ?? '') && key > after).sort()
    const shown = keys.slice(0, most)
    const more = keys.length > most
    return xml(`<ListBucketResult><IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${shown.at(-1)}</NextContinuationToken>` : ''}${shown.map((key) => {
      const { data, modifiedAt } = objects.get(key)!
      return `<Contents><Key>${escape(key)}</Key><Size>${data.length}</Size><ETag>${escape(etag(data))}</ETag><LastModified>${modifiedAt.toISOString()}</LastModified></Contents>`
    }).join('')}</ListBucketResult>`)
  }

  const listUploads = ({ query }: Ask): Answer => xml(`<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${[...uploads].filter(([, { key }]) => key.startsWith(query.get('prefix') ?? '')).map(([id, { key, initiated }]) =>
    `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${initiated.toISOString()}</Initiated></Upload>`).join('')}</ListMultipartUploadsResult>`)

   
  const onBucket = (ask: Ask): Answer => {
    const { request: { method }, query, bucket, body } = ask
    if (method === 'PUT' && !query.has('cors')) {
      buckets.set(bucket, null)
      return {}
    }
    if (!buckets.has(bucket)) throw new Refusal(404, 'NoSuchBucket')
    if (method === 'PUT') {
      buckets.set(bucket, body.toString())
      return {}
    }
    if (method === 'HEAD') return {}
    if (method === 'GET') return query.has('uploads') ? listUploads(ask) : query.has('location') ? xml(`<LocationConstraint>${account.region}</LocationConstraint>`) : list(ask)
    if (method === 'POST' && query.has('delete')) {
      for (const key of tags(body.toString(), 'Key')) objects.delete(key)
      return xml('<DeleteResult></DeleteResult>')
    }
    throw new Refusal(501, 'NotImplemented')
  }

  // eslint-disable-next-line complexity -- one line per operation
  const onObject = (ask: Ask): Answer => {
    const { request: { method, headers }, query, bucket, key } = ask
    if (!buckets.has(bucket)) throw new Refusal(404, 'NoSuchBucket')
    if (method === 'PUT') return write(ask)
    if (method === 'GET' && query.has('uploadId')) return listParts(ask)
    if (method === 'GET' || method === 'HEAD') return read(ask)
    if (method === 'DELETE') {
      if (query.has('uploadId')) {
        uploadOf(ask)
        uploads.delete(query.get('uploadId') ?? '')
      }
      else objects.delete(key)
      return { status: 204 }
    }
    if (method === 'POST' && query.has('uploads')) {
      const id = randomUUID()
      uploads.set(id, { key, mime: String(headers['content-type']), parts: new Map(), initiated: new Date() })
      return xml(`<InitiateMultipartUploadResult><Key>${key}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`)
    }
    if (method === 'POST' && query.has('uploadId')) return finish(ask)
    throw new Refusal(501, 'NotImplemented')
  }

  const onForm = ({ request, bucket, body }: Ask): Answer => {
    const { fields, file } = readForm(body, request.headers['content-type'] ?? '')
    if (!buckets.has(bucket)) throw new Refusal(404, 'NoSuchBucket')
    if (!file) throw new Refusal(400, 'MalformedPOSTRequest')
    checkPolicy(account, fields, file.length, bucket)
    return { ...store(fields.key ?? '', file, fields['content-type'] ?? ''), status: 204 }
  }

  const cors = (request: IncomingMessage, bucket: string): Record<string, string> => {
    const { origin } = request.headers
    const rules = buckets.get(bucket) ?? ''
    if (origin === undefined || !tags(rules, 'AllowedOrigin').includes(origin)) return {}
    if (!tags(rules, 'AllowedMethod').includes(String(request.headers['access-control-request-method'] ?? request.method))) return {}
    return { 'access-control-allow-origin': origin, 'access-control-allow-methods': tags(rules, 'AllowedMethod').join(', '), 'access-control-allow-headers': '*', 'access-control-expose-headers': 'ETag' }
  }

  // eslint-disable-next-line complexity -- the order of a server's checks
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const url = new URL(request.url ?? '/', 'http://double')
    const [, bucket = '', ...rest] = url.pathname.split('/')
    const key = decodeURIComponent(rest.join('/'))
    const allow = cors(request, bucket)
    if (request.method === 'OPTIONS') return allow['access-control-allow-origin'] ? { headers: allow } : { status: 403 }
    const body = await readBody(request)
    if (failing.times > 0 && (failing.method === '' || failing.method === request.method)) {
      failing.times -= 1
      throw new Refusal(503, 'SlowDown')
    }
    const ask: Ask = { request, url, bucket, key, body, query: url.searchParams }
    requests.push(`${request.method} ${key || url.search}`)
    const isForm = request.method === 'POST' && key === '' && String(request.headers['content-type']).startsWith('multipart/form-data')
    if (!isForm) {
      const { payloadHash } = checkRequest(account, request, url)
      if (payloadHash !== 'UNSIGNED-PAYLOAD' && payloadHash !== sha256(body)) throw new Refusal(400, 'XAmzContentSHA256Mismatch')
    }
    const given = isForm ? onForm(ask) : key === '' ? onBucket(ask) : onObject(ask)
    return { ...given, headers: { ...given.headers, ...allow } }
  }

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    if (down) return request.socket.destroy()
    const given = await answer(request).catch((error: unknown): Answer => {
      if (!(error instanceof Refusal)) throw error
      return { status: error.status, ...xml(`<Error><Code>${error.code}</Code><Message>${escape(error.message)}</Message></Error>`) }
    })
    response.writeHead(given.status ?? 200, given.headers)
    response.end(request.method === 'HEAD' ? undefined : given.body)
  }

  const server = createServer((request, response) => void respond(request, response).catch(() => request.socket.destroy()))
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    account, objects, uploads, buckets, requests,
    failNext: (times, method = '') => void (failing = { times, method }),
    setDown: (now) => {
      down = now
      if (now) server.closeAllConnections()
    },
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

if (import.meta.main) {
  const double = await openS3Double({ port: Number(process.argv[2] ?? 0), bucket: process.argv[3] ?? 'parley' })
  console.log(JSON.stringify({ endpoint: double.endpoint, ...double.account }))
}
