/** Files over HTTP: the routes, what a browser is told, and memory. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { EventHandler } from 'h3'
import { describe, expect, it } from 'vitest'
import files from '../../../server/routes/files/[...key].ts'
import { newId } from '../../../shared/ids.ts'
import type { MediaView, StorageView, UploadTicket } from '../../../shared/media.ts'
import { withHttp, type Browser, type TestHttp } from '../../support/http.ts'
import * as samples from '../../support/samples.ts'
import { sendMessage } from '../domain/send.ts'
import { withServices } from '../../support/services.ts'
import { sendByTicket } from '../../support/upload.ts'

type Ticketed = { media: MediaView, ticket: UploadTicket | null }

const withPage = (work: (page: Browser, http: TestHttp) => Promise<void>, environment: Record<string, string> = {}) => withServices('sqlite', ({ services }) =>
  withHttp(services, async http => work(await http.user(), http), router => router.use('/files/**:key', files as EventHandler)), environment)

async function upload(page: Browser, http: TestHttp, sample: samples.Sample): Promise<MediaView> {
  const { body: { media, ticket } } = await page.send<Ticketed>('POST', '/api/media', { id: newId(), name: sample.name, mime: sample.mime, bytes: sample.bytes.length })
  expect((await sendByTicket(ticket!, sample.bytes, url => http.url + url)).status).toBe(204)
  return (await page.send<{ media: MediaView }>('POST', `/api/media/${media.id}/confirm`)).body.media
}

/** Sends that many bytes from a process of its own, so that only the server's memory is measured; gives the status. */
async function sendElsewhere(what: { url: string, bytes: number, headers: Record<string, string> }): Promise<string> {
  const script = `
    const { url, bytes, headers } = JSON.parse(process.argv[1])
    const piece = Buffer.alloc(65536, 128)
    const pieces = function* () { for (let sent = 0; sent < bytes; sent += piece.length) yield piece }
    const sending = require('node:http').request(url, { method: 'PUT', headers: { ...headers, 'content-length': bytes } }, answer => { console.log(answer.statusCode); answer.resume() })
    require('node:stream').Readable.from(pieces()).pipe(sending)`
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, JSON.stringify(what)])
  return stdout.trim()
}

describe('files over HTTP', () => {
  it('go up by ticket, come back by address, are listed and deleted', () => withPage(async (page, http) => {
    const sample = samples.text('notes.txt', 'hello')
    const media = await upload(page, http, sample)
    const [fresh] = (await page.get<{ media: MediaView[] }>(`/api/media?ids=${media.id},${newId()}`)).body.media
    const answer = await fetch(http.url + fresh!.original!.url)
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, 'text/plain; charset=utf-8', 'hello'])
    expect((await page.get<StorageView>('/api/media/storage')).body).toMatchObject({ usedBytes: 5, count: 1, media: [{ id: media.id, storedBytes: 5 }], more: false })
    expect((await page.send('DELETE', `/api/media/${media.id}`)).status).toBe(200)
    expect((await page.get<StorageView>('/api/media/storage')).body.count).toBe(0)
    expect((await page.send('DELETE', `/api/media/${media.id}`)).status).toBe(404)
  }))

  it('of a conversation are shown to its owner alone', () => withServices('sqlite', ({ services }) => withHttp(services, async (http) => {
    const [mine, theirs] = [await http.user(), await http.user()]
    const { body: { media } } = await mine.send<Ticketed>('POST', '/api/media', { id: newId(), name: 'a.txt', mime: '', bytes: 5 })
    await mine.send('PUT', `/api/media/${media.id}/content`, Buffer.from('hello'), { 'content-type': 'application/octet-stream' })
    const { conversationId } = await sendMessage(services, { id: mine.id, username: mine.username, name: '', guest: false }, { mediaIds: [media.id] })
    expect((await mine.get<{ media: MediaView[] }>(`/api/conversations/${conversationId}/media`)).body.media).toMatchObject([{ id: media.id }])
    expect((await theirs.get(`/api/conversations/${conversationId}/media`)).status).toBe(404)
  })))

  it('are served so that nothing in them runs, whatever they are called', () => withPage(async (page, http) => {
    for (const sample of [samples.svg, samples.html]) {
      const media = await upload(page, http, sample)
      const answer = await fetch(http.url + media.original!.url)
      expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
      expect(answer.headers.get('content-security-policy')).toBe('default-src \'none\'; sandbox')
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      await answer.text()
    }
    const binary = await upload(page, http, samples.noise)
    const answer = await fetch(http.url + binary.original!.url)
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment/)
    await answer.arrayBuffer()
  }))

  it('that are two kinds at once are served as the one they were judged to be', () => withPage(async (page, http) => {
    const script = Buffer.from('/*<script>alert(1)</script>*/')
    for (const [sample, mime] of [[await samples.picture('gif'), 'image/gif'], [await samples.picture('png'), 'image/png'], [samples.pdf(), 'application/pdf']] as const) {
      const media = await upload(page, http, { ...sample, bytes: Buffer.concat([sample.bytes, script, samples.docx().bytes]) })
      const answer = await fetch(http.url + media.original!.url)
      expect([answer.headers.get('content-type'), answer.headers.get('x-content-type-options'), answer.headers.get('content-security-policy')]).toEqual([mime, 'nosniff', expect.stringContaining('sandbox')])
      await answer.arrayBuffer()
    }
  }))

  it('are refused with a code, a sentence and the field', () => withPage(async (page, http) => {
    const ask = (change: object) => page.send('POST', '/api/media', { id: newId(), name: 'a.txt', mime: '', bytes: 5, ...change })
    for (const [change, field] of [[{ id: 'x' }, 'id'], [{ bytes: 0 }, 'bytes'], [{ bytes: 1.5 }, 'bytes'], [{ name: '' }, 'name'], [{ mime: 'a b' }, 'mime'], [{ sha256: 'zz' }, 'sha256']] as const)
      expect((await ask(change)).body.error, field).toMatchObject({ code: 'invalid_input', field, message: expect.any(String) })
    expect((await ask({ more: 1 })).status).toBe(400)
    expect((await ask({ bytes: 3 * 1024 ** 3 })).status).toBe(400)
    expect((await page.get('/api/media?ids=x')).status).toBe(400)
    expect((await http.browser().get(`/api/media?ids=${newId()}`)).status).toBe(401)
    const forged = await fetch(`${http.url}/files/${newId()}/x/original?p=get&e=99999999999&t=text%2Fhtml&n=a&d=inline&s=AAAA`)
    expect([forged.status, (await forged.json() as { error: { code: string } }).error.code]).toEqual([403, 'link_expired'])
  }))

  it('go through the server where a browser cannot reach the store; too many bytes end it', () => withPage(async (page) => {
    const { body: { media } } = await page.send<Ticketed>('POST', '/api/media', { id: newId(), name: 'a.txt', mime: '', bytes: 5 })
    const put = (body: string) => page.send<{ media: MediaView }>('PUT', `/api/media/${media.id}/content`, Buffer.from(body), { 'content-type': 'application/octet-stream' })
    expect((await put('hell')).status).toBe(409)
    expect((await put('hello!')).status).toBe(413)
    expect((await put('hello')).body.media).toMatchObject({ id: media.id, status: 'processing' })
  }))

  it('of 400 MB leave memory flat', () => withPage(async (page, http) => {
    const bytes = 400 * 1024 ** 2
    const { body: { media } } = await page.send<Ticketed>('POST', '/api/media', { id: newId(), name: 'big.bin', mime: '', bytes })
    const cookie = [...page.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const before = process.memoryUsage.rss()
    let most = before
    const watch = setInterval(() => { most = Math.max(most, process.memoryUsage.rss()) }, 5)
    const status = await sendElsewhere({ url: `${http.url}/api/media/${media.id}/content`, bytes, headers: { cookie, 'origin': http.url, 'content-type': 'application/octet-stream' } })
    clearInterval(watch)
    expect(status).toBe('200')
    expect((most - before) / 1024 ** 2).toBeLessThan(48)
  }), 60_000)
})
