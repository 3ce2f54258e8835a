/** The bucket's self-test: what the server needs, then what a browser on our pages would see. */
import { createHash, randomUUID } from 'node:crypto'
import type { S3Client, S3StoreOptions } from './s3.ts'
import type { StoreReport } from './media-store.ts'

const patienceMs = 5000
/** `fetch` says only that it failed; its cause says why. */
const reason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? reason(error.cause) : error.message || ('code' in error ? String(error.code) : error.name)
}

type Parts = S3StoreOptions & { client: S3Client, signer: S3Client }

export async function checkBucket(store: Parts): Promise<StoreReport> {
  const key = `self-test/${randomUUID()}`
  try {
    await ensureBucket(store)
    await store.client.putObject(store.bucket, key, Buffer.from('parley'))
    const { size } = await store.client.statObject(store.bucket, key)
    if (size !== 6) throw new Error('it did not keep what was stored')
    return { ok: true, problems: await checkAsBrowser(store, key) }
  }
  catch (error) {
    return { ok: false, problems: [`The bucket “${store.bucket}” at ${store.endpoint} cannot be used: ${reason(error)}. Check S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY and S3_SECRET_KEY.`] }
  }
  finally {
    await store.client.removeObject(store.bucket, key).catch(() => {})
  }
}

async function ensureBucket({ client, bucket, region, log }: Parts) {
  if (await client.bucketExists(bucket)) return
  await client.makeBucket(bucket, region)
  log.info({ bucket }, 'bucket made')
}

/** What browsers reach may be out of reach from here (a name of the host, seen from a container). The rules for origins are the bucket's own, so they are asked for within. */
async function checkAsBrowser(store: Parts, key: string): Promise<string[]> {
  const place = store.publicEndpoint ?? store.endpoint
  const address = await store.signer.presignedGetObject(store.bucket, key, 60)
  try {
    // eslint-disable-next-line no-restricted-globals -- the operator's own store, named in the configuration
    const answer = await fetch(address, { headers: { range: 'bytes=0-1' }, signal: AbortSignal.timeout(patienceMs) })
    await answer.arrayBuffer()
    if (answer.status === 403)
      return [`${place} refuses addresses signed for it. A proxy before it must pass the Host header on unchanged, and S3_PUBLIC_ENDPOINT must be what browsers use. Until then files go through this server.`]
    if (answer.status !== 206) return [`${place} answers a range of a file with status ${answer.status} instead of 206: players will not be able to seek.`]
  }
  catch (error) {
    const unreachable = `${place} (S3_PUBLIC_ENDPOINT) cannot be reached from this server, so it was not tried as a browser would: ${reason(error)}.`
    if (place === store.endpoint) return [unreachable]
    return [unreachable, ...await checkOrigins(store, await store.client.presignedGetObject(store.bucket, key, 60))]
  }
  return checkOrigins(store, address)
}

async function checkOrigins(store: Parts, address: string): Promise<string[]> {
  const wrong = await refusedOrigins(store, address)
  if (wrong.length === 0) return []
  try {
    await allowOrigins(store)
  }
  catch (error) {
    return [corsProblem(store, wrong, reason(error))]
  }
  const still = await refusedOrigins(store, address)
  return still.length === 0 ? [] : [corsProblem(store, still, 'the rules we set did not take effect')]
}

const corsProblem = ({ bucket }: Parts, origins: string[], why: string) =>
  `Pages of ${origins.join(', ')} may not send files straight to the bucket “${bucket}” (CORS; ${why}). Allow these origins with the methods GET, HEAD, POST and PUT. Until then files go through this server.`

/** Our origins whose pages would be refused: asks before a form (POST), a part (PUT) and a read, as a browser does. */
async function refusedOrigins({ origins }: Parts, address: string): Promise<string[]> {
  const { origin: store, pathname } = new URL(address)
  const bucketUrl = `${store}/${pathname.split('/')[1] ?? ''}`
  const allowed = async (origin: string, method: string, url: string) => {
    // eslint-disable-next-line no-restricted-globals -- the operator's own store, named in the configuration
    const answer = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'content-type' },
      signal: AbortSignal.timeout(patienceMs),
    })
    await answer.arrayBuffer()
    const allow = answer.headers.get('access-control-allow-origin')
    return answer.ok && (allow === '*' || allow === origin)
  }
  const refused: string[] = []
  for (const origin of origins.filter(origin => origin !== store)) {
    const answers = await Promise.all([allowed(origin, 'POST', bucketUrl), allowed(origin, 'PUT', address), allowed(origin, 'GET', address)])
    if (answers.includes(false)) refused.push(origin)
  }
  return refused
}

/** The library has no call for this. MinIO's own server refuses it: there CORS is a setting of the whole server. */
async function allowOrigins({ client, bucket, origins }: Parts): Promise<void> {
  const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
  const rules = Buffer.from(`<CORSConfiguration><CORSRule>${origins.map(origin => `<AllowedOrigin>${escaped(origin)}</AllowedOrigin>`).join('')
  }${['GET', 'HEAD', 'POST', 'PUT'].map(method => `<AllowedMethod>${method}</AllowedMethod>`).join('')
  }<AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3600</MaxAgeSeconds></CORSRule></CORSConfiguration>`)
  const answer = await client.makeRequestAsync({
    method: 'PUT', bucketName: bucket, query: 'cors', headers: { 'Content-MD5': createHash('md5').update(rules).digest('base64') },
  }, rules)
  answer.resume()
}
