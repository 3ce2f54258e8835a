/** What every media store must do. */
import { randomBytes, createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MediaStore } from '../../server/media/media-store.ts'
import { mediaLimits } from '../../shared/media.ts'
import { sendByTicket } from '../support/upload.ts'

export interface StoreUnderTest {
  store: MediaStore
  /** A second store on the same bytes whose addresses live for one second. */
  brief: MediaStore
  /** What a browser makes of an address: relative ones lead to the test's own server. */
  reach(url: string): string
  close(): Promise<void>
}

const png = 'image/png'

export function mediaStoreContract(name: string, open: () => Promise<StoreUnderTest>) {
  describe(`media store: ${name}`, () => {
    let under: StoreUnderTest
    let store: MediaStore
    const folder = `contract-${randomUUID()}`
    const keyOf = () => `${folder}/${randomUUID()}/original`
    const put = (key: string, bytes: Buffer, mime = png) => store.put(key, Readable.from([bytes]), { mime, maxBytes: bytes.length })
    const all = async (prefix: string) => {
      const keys: string[] = []
      for await (const { key } of store.list(prefix)) keys.push(key)
      return keys.sort()
    }
    const get = (url: string, headers: Record<string, string> = {}) => fetch(under.reach(url), { headers })

    beforeAll(async () => {
      under = await open()
      store = under.store
    })
    afterAll(async () => {
      await store.removeAll(`${folder}/`)
      await under.close()
    })

    it('stores a stream and tells its size and SHA-256', async () => {
      const bytes = randomBytes(300_000)
      const key = keyOf()
      expect(await put(key, bytes)).toEqual({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
      expect(await buffer(await store.read(key))).toEqual(bytes)
      expect(await store.stat(key)).toMatchObject({ key, bytes: bytes.length })
    })

    it('reads a range, both ends included', async () => {
      const key = keyOf()
      await put(key, Buffer.from('0123456789'))
      expect((await buffer(await store.read(key, { start: 2, end: 4 }))).toString()).toBe('234')
    })

    it('says not found for what is not there', async () => {
      await expect(store.read(keyOf())).rejects.toMatchObject({ code: 'media_not_found' })
      expect(await store.stat(keyOf())).toBeNull()
    })

    it('refuses a stream past its limit and keeps nothing of it', async () => {
      const key = keyOf()
      const endless = Readable.from((function* () {
        while (true) yield Buffer.alloc(65_536)
      })())
      await expect(store.put(key, endless, { mime: png, maxBytes: 200_000 })).rejects.toMatchObject({ code: 'media_too_large' })
      expect(await store.stat(key)).toBeNull()
    })

    it.each([1000, 20 * 1024 ** 2])('keeps nothing of a stream that fails after %i bytes, rejects at once, and takes the same key afterwards', async (length) => {
      const key = keyOf()
      const failing = Readable.from((async function* () {
        yield Buffer.alloc(length)
        throw new Error('the line was cut')
      })())
      await expect(store.put(key, failing, { mime: png, maxBytes: 2 * length })).rejects.toThrow('the line was cut')
      expect(await store.stat(key)).toBeNull()
      await put(key, Buffer.from('second try'))
      expect((await buffer(await store.read(key))).toString()).toBe('second try')
    })

    it('keeps what was there when a stream that should replace it fails', async () => {
      const key = keyOf()
      await put(key, Buffer.from('first'))
      await expect(store.put(key, Readable.from([Buffer.alloc(100)]), { mime: png, maxBytes: 10 })).rejects.toMatchObject({ code: 'media_too_large' })
      expect((await buffer(await store.read(key))).toString()).toBe('first')
    })

    it('gives a browser an address with ranges, nothing to sniff, and the name it asks for', async () => {
      const key = keyOf()
      await put(key, Buffer.from('0123456789'))
      const { url, expiresAt } = await store.address({ key, name: 'été "1".png', mime: png, inline: true })
      expect(expiresAt).toBeGreaterThan(Date.now())
      const whole = await get(url)
      expect(whole.status).toBe(200)
      expect(whole.headers.get('content-type')).toBe(png)
      expect(whole.headers.get('content-disposition')).toMatch(/^inline; filename="_t_ _1_.png"; filename\*=UTF-8''%C3%A9t%C3%A9%20%221%22.png$/)
      expect(whole.headers.get('cache-control')).toContain('private')
      expect(await whole.text()).toBe('0123456789')
      const part = await get(url, { range: 'bytes=3-5' })
      expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 3-5/10', '345'])
      const beyond = await get(url, { range: 'bytes=50-60' })
      expect(beyond.status).toBe(416)
    })

    it('gives the same address for a while, so that a browser can keep what it fetched', async () => {
      const input = { key: keyOf(), name: 'a.png', mime: png, inline: true }
      const addresses = new Set([await store.address(input), await store.address(input)].map(({ url }) => url))
      expect(addresses.size).toBe(1)
    })

    it('offers a download unless told otherwise', async () => {
      const key = keyOf()
      await put(key, Buffer.from('<script>alert(1)</script>'), 'text/html')
      const answer = await get((await store.address({ key, name: 'x.html', mime: 'application/octet-stream', inline: false })).url)
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment/)
      expect(answer.headers.get('content-type')).toBe('application/octet-stream')
      await answer.arrayBuffer()
    })

    it('refuses an address that was changed in any way', async () => {
      const key = keyOf()
      const other = keyOf()
      await put(key, Buffer.from('mine'))
      await put(other, Buffer.from('not mine'))
      const { url } = await store.address({ key, name: 'a.png', mime: png, inline: false })
      const changed = [
        url.replace(key, other),
        url.replace('attachment', 'inline'),
        url.replace('image%2Fpng', 'text%2Fhtml'),
        url.replace(/(X-Amz-Expires=|[?&]e=)(\d+)/, (_, name: string, seconds: string) => `${name}${Number(seconds) + 1}`),
        url.split('?')[0] ?? '',
        url.slice(0, -1) + (url.endsWith('A') ? 'B' : 'A'),
      ]
      for (const address of changed) {
        if (address === url) continue
        const answer = await get(address)
        expect([400, 403], address).toContain(answer.status)
        expect(await answer.text()).not.toContain('mine')
      }
    })

    it('refuses an address whose time is over', async () => {
      const key = keyOf()
      await put(key, Buffer.from('mine'))
      const { url, expiresAt } = await under.brief.address({ key, name: 'a.png', mime: png, inline: false })
      await new Promise(resolve => setTimeout(resolve, expiresAt - Date.now() + 20))
      expect((await get(url)).status).toBe(403)
    })

    it('takes an upload by ticket straight from the browser', async () => {
      const key = keyOf()
      const bytes = randomBytes(70_000)
      const ticket = await store.ticket({ key, bytes: bytes.length, mime: png })
      expect((await sendByTicket(ticket, bytes, under.reach)).ok).toBe(true)
      expect(await buffer(await store.read(key))).toEqual(bytes)
    })

    it('refuses an upload of another size, type or key than the ticket says', async () => {
      const key = keyOf()
      const ticket = await store.ticket({ key, bytes: 100, mime: png })
      for (const bytes of [Buffer.alloc(99), Buffer.alloc(101)]) expect((await sendByTicket(ticket, bytes, under.reach)).ok).toBe(false)
      const elsewhere = { ...ticket, url: ticket.url.replace(key, keyOf()), fields: ticket.method === 'POST' ? { ...ticket.fields, key: keyOf() } : {} }
      expect((await sendByTicket(elsewhere, Buffer.alloc(100), under.reach)).ok).toBe(false)
      if (ticket.method === 'POST') {
        const retyped = { ...ticket, fields: { ...ticket.fields, 'Content-Type': 'text/html' } }
        expect((await sendByTicket(retyped, Buffer.alloc(100), under.reach)).ok).toBe(false)
      }
      expect(await all(`${key.split('/').slice(0, 2).join('/')}/`)).toEqual([])
    })

    it('does not let an address for reading write, nor one for writing read', async () => {
      const key = keyOf()
      await put(key, Buffer.from('mine'))
      const { url } = await store.address({ key, name: 'a', mime: png, inline: false })
      expect((await fetch(under.reach(url), { method: 'PUT', body: 'else' })).ok).toBe(false)
      const ticket = await store.ticket({ key, bytes: 4, mime: png })
      expect((await get(ticket.url)).ok).toBe(false)
      expect((await buffer(await store.read(key))).toString()).toBe('mine')
    })

    it('takes a file in parts, in any order and again, and tells which have arrived', async () => {
      const key = keyOf()
      const parts = [randomBytes(mediaLimits.partBytes), randomBytes(mediaLimits.partBytes), randomBytes(1234)]
      const bytes = 2 * mediaLimits.partBytes + 1234
      const uploadId = await store.beginParts({ key, mime: png })
      const send = async (number: number) => {
        const body = parts[number - 1] as Buffer
        const { url } = await store.partAddress({ key, uploadId, number, bytes: body.length })
        return fetch(under.reach(url), { method: 'PUT', body: new Uint8Array(body) })
      }
      expect((await send(3)).ok).toBe(true)
      const { url: first } = await store.partAddress({ key, uploadId, number: 1, bytes: mediaLimits.partBytes })
      for (const length of [mediaLimits.partBytes - 1, mediaLimits.partBytes + 1])
        expect((await fetch(under.reach(first), { method: 'PUT', body: new Uint8Array(length) }).catch(() => null))?.ok, `a part of ${length} bytes`).not.toBe(true)
      expect((await send(1)).ok).toBe(true)
      expect((await send(1)).ok).toBe(true)
      expect(await store.receivedParts(key, uploadId)).toEqual([{ number: 1, bytes: mediaLimits.partBytes }, { number: 3, bytes: 1234 }])
      await expect(store.finishParts({ key, uploadId, count: 3, bytes })).rejects.toMatchObject({ code: 'media_incomplete' })
      expect((await send(2)).ok).toBe(true)
      await store.finishParts({ key, uploadId, count: 3, bytes })
      expect((await buffer(await store.read(key))).equals(Buffer.concat(parts))).toBe(true)
      expect(await store.receivedParts(key, uploadId)).toEqual([])
    })

    it('forgets an upload in parts that is abandoned, also twice', async () => {
      const key = keyOf()
      const uploadId = await store.beginParts({ key, mime: png })
      await store.abandonParts(key, uploadId)
      await store.abandonParts(key, uploadId)
      await expect(store.finishParts({ key, uploadId, count: 1, bytes: 1 })).rejects.toMatchObject({ code: 'media_incomplete' })
    })

    it('forgets uploads in parts that began long ago', async () => {
      const key = keyOf()
      await store.beginParts({ key, mime: png })
      expect(await store.abandonStaleParts(new Date(Date.now() - 60_000))).toBe(0)
      expect(await store.abandonStaleParts(new Date(Date.now() + 60_000))).toBeGreaterThanOrEqual(1)
    })

    it('copies an object, and the two live on apart', async () => {
      const [from, to] = [keyOf(), keyOf()]
      await put(from, Buffer.from('one'))
      await store.copy(from, to)
      await store.copy(from, to)
      await store.removeAll(from)
      expect((await buffer(await store.read(to))).toString()).toBe('one')
      await expect(store.copy(from, to)).rejects.toMatchObject({ code: 'media_not_found' })
    })

    it('lists and removes by prefix, many at once, and no neighbours', async () => {
      const user = `${folder}/many`
      await Promise.all(Array.from({ length: 1100 }, (_, at) => put(`${user}/a/${at}`, Buffer.from('x'))))
      await put(`${user}/ab/original`, Buffer.from('x'))
      expect(await all(`${user}/a/`)).toHaveLength(1100)
      expect(await store.removeAll(`${user}/a/`)).toBe(1100)
      expect(await store.removeAll(`${user}/a/`)).toBe(0)
      expect(await all(`${user}/`)).toEqual([`${user}/ab/original`])
    }, 60_000)

    it('passes its own self-test', async () => {
      expect(await store.check()).toMatchObject({ ok: true })
    })
  })
}
