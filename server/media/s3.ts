/**
 * The media store on S3 (MinIO, Ceph, AWS, …) through the `minio` client. The server speaks to `endpoint`; addresses
 * for browsers are signed for `publicEndpoint` by a second client, because the host is part of a signature.
 */
import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Client, CopyDestinationOptions, CopySourceOptions } from 'minio'
import { AppError } from '../domain/errors.ts'
import type { Log } from '../log.ts'
import { disposition } from './disposition.ts'
import { lifetime } from './lifetime.ts'
import { incomplete } from './local-parts.ts'
import { measure } from './measure.ts'
import type { MediaStore, StoredObject } from './media-store.ts'
import { checkBucket } from './s3-check.ts'
import { partAddress } from './s3-part-address.ts'

export interface S3StoreOptions {
  endpoint: string
  /** What browsers reach; the same as `endpoint` unless told. */
  publicEndpoint: string | undefined
  region: string
  bucket: string
  accessKey: string
  secretKey: string
  urlSeconds: number
  /** Origins of our pages, for the bucket's CORS rules. */
  origins: readonly string[]
  log: Log
}

const partBytes = 8 * 1024 ** 2

/** The client with the calls for uploads in parts, which the library keeps to itself. */
export class S3Client extends Client {
  parts(bucket: string, key: string, uploadId: string) {
    return this.listParts(bucket, key, uploadId)
  }
}

export function makeS3Client(address: string, { region, accessKey, secretKey }: Pick<S3StoreOptions, 'region' | 'accessKey' | 'secretKey'>): S3Client {
  const { hostname, port, protocol } = new URL(address)
  const useSSL = protocol === 'https:'
  return new S3Client({
    endPoint: hostname.replace(/^\[|\]$/g, ''), port: port ? Number(port) : useSSL ? 443 : 80, useSSL, region, accessKey, secretKey, pathStyle: true,
    // The default of 64 MB is held in memory for every upload.
    partSize: partBytes,
    // Its own retries send a stream again that is already spent, and write to the console. Jobs retry.
    retryOptions: { disableRetry: true },
  })
}

const codeOf = (error: unknown) => error instanceof Error && 'code' in error ? String(error.code) : ''
const notThere = (error: unknown) => ['NotFound', 'NoSuchKey'].includes(codeOf(error))
/** Ceph's gateway says of an upload it doesn't know that there is no such key. */
const noSuchUpload = (error: unknown) => ['NoSuchUpload', 'NoSuchKey'].includes(codeOf(error))

/** Errors of the library become ours; those that are ours already (a refused stream) stay what they are. */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  }
  catch (error) {
    if (error instanceof AppError) throw error
    if (notThere(error)) throw new AppError('media_not_found', { cause: error })
    if (['NoSuchUpload', 'InvalidPart', 'EntityTooSmall'].includes(codeOf(error))) throw new AppError('media_incomplete', { details: { name: 'The file' }, cause: error })
    throw new AppError('store_unreachable', { cause: error })
  }
}

// eslint-disable-next-line max-lines-per-function -- the seam's functions, a few lines each, that share two clients
export function openS3Store(options: S3StoreOptions): MediaStore {
  const { bucket, urlSeconds } = options
  const client = makeS3Client(options.endpoint, options)
  const publicEndpoint = options.publicEndpoint ?? options.endpoint
  const signer = makeS3Client(publicEndpoint, options)

  async function* list(prefix: string): AsyncGenerator<StoredObject> {
    try {
      for await (const item of client.listObjectsV2(bucket, prefix, true))
        if (item.name !== undefined) yield { key: item.name, bytes: item.size, modifiedAt: item.lastModified }
    }
    catch (error) {
      throw new AppError('store_unreachable', { cause: error })
    }
  }

  const received = async (key: string, uploadId: string) => {
    try {
      return await client.parts(bucket, key, uploadId)
    }
    catch (error) {
      if (noSuchUpload(error)) return []
      throw error
    }
  }

  return {
    ticket: ({ key, bytes, mime }) => asked(async () => {
      const { expires } = lifetime(urlSeconds)
      const policy = signer.newPostPolicy()
      policy.setBucket(bucket)
      policy.setKey(key)
      policy.setContentType(mime)
      policy.setContentLengthRange(bytes, bytes)
      policy.setExpires(new Date(expires * 1000))
      const { postURL, formData } = await signer.presignedPostPolicy(policy)
      return { method: 'POST', url: postURL, fields: formData, headers: {}, expiresAt: expires * 1000 }
    }),
    beginParts: ({ key, mime }) => asked(() => client.initiateNewMultipartUpload(bucket, key, { 'content-type': mime })),
    partAddress: async ({ key, uploadId, number, bytes }) => {
      const { start, expires } = lifetime(urlSeconds)
      return { url: partAddress({ ...options, endpoint: publicEndpoint, key, uploadId, number, bytes, start, expires }), expiresAt: expires * 1000 }
    },
    receivedParts: (key, uploadId) => asked(async () => (await received(key, uploadId)).map(({ part, size }) => ({ number: part, bytes: size }))),
    finishParts: ({ key, uploadId, count, bytes }) => asked(async () => {
      const parts = await received(key, uploadId)
      const whole = parts.length === count && parts.every(({ part }, at) => part === at + 1)
      if (!whole || parts.reduce((sum, { size }) => sum + size, 0) !== bytes) throw incomplete()
      await client.completeMultipartUpload(bucket, key, uploadId, parts.map(({ part, etag }) => ({ part, etag })))
    }),
    abandonParts: (key, uploadId) => asked(() => client.abortMultipartUpload(bucket, key, uploadId).catch((error: unknown) => {
      if (!noSuchUpload(error)) throw error
    })),
    abandonStaleParts: before => asked(async () => {
      let abandoned = 0
      for await (const item of client.listIncompleteUploads(bucket, '', true)) {
        if (!(item.initiated < before)) continue
        await client.abortMultipartUpload(bucket, item.key, item.uploadId)
        abandoned += 1
      }
      return abandoned
    }),
    address: ({ key, name, mime, inline }) => asked(async () => {
      const { start, expires } = lifetime(urlSeconds)
      const answer = {
        'response-content-type': mime.startsWith('text/') ? `${mime}; charset=utf-8` : mime,
        'response-content-disposition': disposition(inline, name),
        'response-cache-control': `private, max-age=${urlSeconds}, immutable`,
      }
      return { url: await signer.presignedUrl('GET', bucket, key, expires - start, answer, new Date(start * 1000)), expiresAt: expires * 1000 }
    }),
    put: (key, source, { mime, maxBytes }) => put(client, bucket, key, source, mime, maxBytes),
    read: (key, range) => asked(() => range ? client.getPartialObject(bucket, key, range.start, range.end - range.start + 1) : client.getObject(bucket, key)),
    copy: (from, to) => asked(async () => {
      await client.copyObject(new CopySourceOptions({ Bucket: bucket, Object: from }), new CopyDestinationOptions({ Bucket: bucket, Object: to }))
    }),
    stat: key => asked(async () => {
      try {
        const { size, lastModified } = await client.statObject(bucket, key)
        return { key, bytes: size, modifiedAt: lastModified }
      }
      catch (error) {
        if (notThere(error)) return null
        throw error
      }
    }),
    list,
    removeAll: prefix => removeAll(client, bucket, list(prefix)),
    check: () => checkBucket({ client, signer, ...options }),
    files: null,
    close: async () => {},
  }
}

/** A file of one part is sent in one request; a larger one as it comes. What had arrived of a failed one is removed again. */
async function put(client: S3Client, bucket: string, key: string, source: Readable, mime: string, maxBytes: number) {
  const measured = measure(maxBytes)
  const chunks = measured.step(source)
  const head: Buffer[] = []
  let ended = false
  for (let bytes = 0; bytes < partBytes && !ended;) {
    const next = await chunks.next()
    ended = next.done === true
    if (!next.done) bytes += head.push(next.value) && next.value.length
  }
  if (ended) await asked(() => client.putObject(bucket, key, Buffer.concat(head), undefined, { 'content-type': mime }))
  else await putLarge(client, bucket, key, head, chunks, mime)
  return measured.result()
}

/**
 * A source that fails must be heard: the client only `pipe`s, so its promise would hang and the process would die of an
 * unheard 'error'. Hence the pipeline into a stream of our own.
 */
async function putLarge(client: S3Client, bucket: string, key: string, head: Buffer[], rest: AsyncGenerator<Buffer>, mime: string) {
  let fault: { cause: unknown } | undefined
  const through = new PassThrough()
  const sent = client.putObject(bucket, key, through, undefined, { 'content-type': mime })
  sent.catch(() => through.destroy())
  try {
    await pipeline(async function* () {
      yield* head.splice(0)
      try {
        yield* rest
      }
      catch (cause) {
        fault = { cause }
        throw cause
      }
    }, through)
    await sent
  }
  catch (error) {
    sent.catch(() => {})
    await client.removeIncompleteUpload(bucket, key).catch(() => {})
    if (fault) throw fault.cause
    await asked(() => Promise.reject(error))
  }
}

async function removeAll(client: S3Client, bucket: string, objects: AsyncIterable<StoredObject>): Promise<number> {
  let removed = 0
  let batch: string[] = []
  const flush = () => asked(async () => {
    if (batch.length === 0) return
    const refused = (await client.removeObjects(bucket, batch)).filter(answer => answer?.Error)
    if (refused.length > 0) throw new Error(`${refused.length} objects could not be removed: ${refused[0]?.Error?.Code}`)
    removed += batch.length
    batch = []
  })
  for await (const { key } of objects) if (batch.push(key) === 1000) await flush()
  await flush()
  return removed
}
