import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLog } from '../../server/log.ts'
import type { MediaStore } from '../../server/media/media-store.ts'
import { openS3Store, type S3StoreOptions } from '../../server/media/s3.ts'
import { mediaStoreContract } from '../contract/media-store.ts'
import { openS3Double, type S3Double } from '../support/s3-double.ts'
import { realS3 } from '../support/test-s3.ts'
import { sendByTicket } from '../support/upload.ts'

const log = openLog('silent')
const common = { region: 'us-east-1', urlSeconds: 60, origins: ['http://parley.example'], publicEndpoint: undefined, log }
const optionsOf = (double: S3Double): S3StoreOptions => ({ ...common, ...double.account, endpoint: double.endpoint, bucket: 'parley' })
const bytes = (text: string) => Readable.from([Buffer.from(text)])

mediaStoreContract('S3 double', async () => {
  const double = await openS3Double()
  return {
    store: openS3Store(optionsOf(double)),
    brief: openS3Store({ ...optionsOf(double), urlSeconds: 2 }),
    reach: url => url,
    close: double.close,
  }
})

const real = realS3()
if (real) {
  mediaStoreContract(`S3 at ${real.endpoint}`, async () => {
    const options = { ...common, ...real.settings, endpoint: real.endpoint, publicEndpoint: real.publicEndpoint }
    const store = openS3Store(options)
    await store.check()
    return { store, brief: openS3Store({ ...options, urlSeconds: 2 }), reach: url => url, close: async () => {} }
  })
}

describe('S3 store', () => {
  let double: S3Double
  let store: MediaStore
  beforeAll(async () => {
    double = await openS3Double()
    store = openS3Store(optionsOf(double))
  })
  afterAll(() => double.close())
  const address = (from: MediaStore) => from.address({ key: 'u/m/original', name: 'a', mime: 'image/png', inline: true })

  it('signs addresses for the public endpoint without asking it, and talks to the inner one itself', async () => {
    const outside = openS3Store({ ...optionsOf(double), publicEndpoint: 'https://files.example:8443' })
    await outside.put('u/m/original', bytes('x'), { mime: 'image/png', maxBytes: 1 })
    expect((await address(outside)).url).toMatch(/^https:\/\/files\.example:8443\/parley\/u\/m\/original\?/)
    expect((await outside.ticket({ key: 'u/m/upload', bytes: 1, mime: 'image/png' })).url).toBe('https://files.example:8443/parley')
  })

  it('signs the host: an address taken to another name of the same server is refused', async () => {
    await store.put('u/m/original', bytes('x'), { mime: 'image/png', maxBytes: 1 })
    const { url } = await address(store)
    expect((await fetch(url)).status).toBe(200)
    expect((await fetch(url.replace('127.0.0.1', 'localhost'))).status).toBe(403)
  })

  it('is refused by the double with a wrong secret, also for forms', async () => {
    const wrong = openS3Store({ ...optionsOf(double), secretKey: 'wrong' })
    await expect(wrong.put('u/x/original', bytes('x'), { mime: 'image/png', maxBytes: 1 })).rejects.toMatchObject({ code: 'store_unreachable' })
    expect((await fetch((await address(wrong)).url)).status).toBe(403)
    expect((await sendByTicket(await wrong.ticket({ key: 'u/x/original', bytes: 1, mime: 'image/png' }), Buffer.from('x'))).status).toBe(403)
    expect((await wrong.check()).ok).toBe(false)
  })

  it('says that the store cannot be reached while it is down, and works again afterwards', async () => {
    double.setDown(true)
    await expect(store.put('u/d/original', bytes('x'), { mime: 'image/png', maxBytes: 1 })).rejects.toMatchObject({ code: 'store_unreachable' })
    await expect(store.stat('u/d/original')).rejects.toMatchObject({ code: 'store_unreachable' })
    expect((await store.check()).ok).toBe(false)
    double.setDown(false)
    await store.put('u/d/original', bytes('x'), { mime: 'image/png', maxBytes: 1 })
    expect(await store.stat('u/d/original')).not.toBeNull()
  })

  it('ends at once, with nothing kept, when the store goes down in the middle of a large file', async () => {
    const source = Readable.from((async function* () {
      yield randomBytes(9 * 1024 ** 2)
      double.setDown(true)
      yield randomBytes(9 * 1024 ** 2)
    })())
    await expect(store.put('u/big/original', source, { mime: 'video/mp4', maxBytes: 1024 ** 3 })).rejects.toMatchObject({ code: 'store_unreachable' })
    double.setDown(false)
    expect(await store.stat('u/big/original')).toBeNull()
  })

  it('makes the bucket and lets our pages in, where that was not done', async () => {
    const bare = await openS3Double({ bucket: null })
    const page = { origin: 'http://parley.example' }
    const fresh = openS3Store(optionsOf(bare))
    expect(await fresh.check()).toEqual({ ok: true, problems: [] })
    const ask = { ...page, 'access-control-request-method': 'POST' }
    expect((await fetch(`${bare.endpoint}/parley`, { method: 'OPTIONS', headers: ask })).status).toBe(200)
    expect((await fetch(`${bare.endpoint}/parley`, { method: 'OPTIONS', headers: { ...ask, origin: 'http://evil.example' } })).status).toBe(403)
    expect([...bare.objects.keys()]).toEqual([])
    await bare.close()
  })

  it('lets our pages in also where it cannot see itself what browsers reach', async () => {
    const bare = await openS3Double({ bucket: null })
    const report = await openS3Store({ ...optionsOf(bare), publicEndpoint: 'http://127.0.0.1:1' }).check()
    expect(report).toMatchObject({ ok: true, problems: [expect.stringContaining('cannot be reached from this server')] })
    expect(bare.buckets.get('parley')).toContain('http://parley.example')
    await bare.close()
  })

  it('knows an upload that is over by what Ceph’s gateway says of it, too', async () => {
    const ceph = await openS3Double({ unknownUpload: 'NoSuchKey' })
    const there = openS3Store(optionsOf(ceph))
    const upload = { key: 'u/m/upload', uploadId: await there.beginParts({ key: 'u/m/upload', mime: 'video/mp4' }) }
    for (let times = 0; times < 2; times++) await there.abandonParts(upload.key, upload.uploadId)
    expect(await there.receivedParts(upload.key, upload.uploadId)).toEqual([])
    await expect(there.finishParts({ ...upload, count: 1, bytes: 1 })).rejects.toMatchObject({ code: 'media_incomplete' })
    await ceph.close()
  })

  it('tells the operator what a browser would run into', async () => {
    const elsewhere = openS3Store({ ...optionsOf(double), publicEndpoint: 'http://127.0.0.1:1' })
    const report = await elsewhere.check()
    expect(report.ok).toBe(true)
    expect(report.problems[0]).toContain('S3_PUBLIC_ENDPOINT')
    const misnamed = openS3Store({ ...optionsOf(double), publicEndpoint: double.endpoint.replace('127.0.0.1', 'localhost'), secretKey: double.account.secretKey })
    expect(await misnamed.check()).toEqual({ ok: true, problems: [] })
  })
})
