import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePublicRoute } from '../../../server/utils/route.ts'
import { AppError } from '../../../server/domain/errors.ts'
import { withHttp, type TestHttp } from '../../support/http.ts'
import { withServices, type TestServices } from '../../support/services.ts'

const echo = definePublicRoute({ query: z.strictObject({ q: z.string().optional() }), body: z.strictObject({ text: z.string(), list: z.array(z.record(z.string(), z.number())).optional() }), maxBytes: 1000 },
  ({ body, query }) => ({ body, query }))
const bug = definePublicRoute({}, () => { throw new Error('secret detail: sk-12345') })
const busy = definePublicRoute({}, () => { throw new AppError('model_busy') })
const nothing = definePublicRoute({}, () => null)

const withKit = (work: (http: TestHttp, test: TestServices) => Promise<void>) => withServices('sqlite', test => withHttp(test.services, http => work(http, test), (router) => {
  router.use('/test/echo', echo, 'post')
  router.use('/test/bug', bug, 'get')
  router.use('/test/busy', busy, 'get')
  router.use('/test/nothing', nothing, 'get')
}))

/** What the server answers to these very bytes. */
const raw = (url: string, request: string) => new Promise<string>((resolve, reject) => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(request))
  let said = ''
  socket.on('data', (piece) => { said += piece.toString() }).on('close', () => resolve(said)).on('error', reject)
})

describe('a route', () => {
  it('takes JSON that fits its schema, and names the field that does not', () => withKit(async (http) => {
    const browser = http.browser()
    const send = (body: unknown, headers?: Record<string, string>) => browser.send('POST', '/test/echo', body, headers)
    expect((await browser.send<object>('POST', '/test/echo?q=1', { text: 'ä' })).body).toEqual({ body: { text: 'ä' }, query: { q: '1' } })
    expect((await send({ text: 1 })).body.error).toMatchObject({ code: 'invalid_input', field: 'text' })
    expect((await send({ text: 'a', list: [{}, { x: 'y' }] })).body.error).toMatchObject({ code: 'invalid_input', field: 'list.1.x' })
    expect((await send({ text: 'a', other: 1 })).body.error).toMatchObject({ code: 'invalid_input', field: 'other' })
    for (const body of ['', '{', 'null', '[]', '"x"', '{"text":"a"}}', new Uint8Array([0x7B, 0xFF, 0x7D])])
      expect((await send(body)).status).toBe(400)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp', ''])
      expect((await send('{"text":"a"}', { 'content-type': type })).status).toBe(400)
  }))

  it('refuses keys that mean something to JavaScript, at any depth', () => withKit(async (http) => {
    for (const key of ['__proto__', 'constructor', 'prototype'])
      for (const body of [`{"text":"a","${key}":{"x":1}}`, `{"text":"a","list":[{"${key}":1}]}`, `{"text":"a","\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}":1}`])
        expect((await http.browser().send('POST', '/test/echo', body)).body.error).toMatchObject({ code: 'invalid_input' })
    expect((await http.browser().send('POST', '/test/echo?__proto__=1', { text: 'a' })).status).toBe(400)
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  }))

  it('refuses a parameter that comes twice, and one that nobody knows', () => withKit(async (http) => {
    for (const query of ['q=1&q=2', 'q=1&q=1', 'x=1', 'q[]=1', 'Q=1'])
      expect((await http.browser().send('POST', `/test/echo?${query}`, { text: 'a' })).status).toBe(400)
  }))

  it('reads no further than its limit, whatever the client says of the length', () => withKit(async (http) => {
    const long = JSON.stringify({ text: 'x'.repeat(2000) })
    expect((await http.browser().send('POST', '/test/echo', long)).body.error.code).toBe('too_large')
    const chunked = `POST /test/echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${'7d0\r\n'}${'x'.repeat(2000)}\r\n`
    expect(await raw(http.url, chunked)).toContain('413')
    expect(await raw(http.url, 'POST /test/echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n')).toContain('413')
  }))

  it('stands deep and odd JSON', () => withKit(async (http) => {
    const deep = (n: number) => `{"text":"a","list":${'['.repeat(n)}${']'.repeat(n)}}`
    expect((await http.browser().send('POST', '/test/echo', deep(100))).status).toBe(400)
    expect((await http.browser().send('POST', '/test/echo', deep(450))).status).toBe(400)
    expect((await http.browser().send('POST', '/test/echo', '{"text":1e999}')).status).toBe(400)
  }))

  it('tells nothing about a bug but that there was one, and logs it once', () => withKit(async (http, { lines }) => {
    const answer = await http.browser().get('/test/bug')
    expect(answer.status).toBe(500)
    expect(answer.body).toEqual({ error: { code: 'internal', message: 'Something went wrong on our side. It was noted.' } })
    const noted = lines.filter(line => line.includes('secret detail'))
    expect(noted).toHaveLength(1)
    expect(noted[0]).toContain(answer.headers.get('x-request-id'))
  }))

  it('tells an expected failure by its code', () => withKit(async (http) => {
    const answer = await http.browser().get('/test/busy')
    expect([answer.status, answer.body.error.code]).toEqual([503, 'model_busy'])
  }))

  it('answers nothing with 204, and unknown paths and methods as problems', () => withKit(async (http) => {
    expect((await http.browser().get('/test/nothing')).status).toBe(204)
    expect((await http.browser().get('/api/no-such-thing')).body.error.code).toBe('not_found')
    expect((await http.browser().send('PUT', '/test/echo', {})).body.error.code).toBe('method_not_allowed')
    expect((await http.browser().get('/test/%E0%A4%A')).status).toBeLessThan(500)
  }))

  it('waits for the database, and says so when it does not come', () => withServices('sqlite', async ({ services }) => {
    const closed = { ...services, database: { ...services.database, ready: Promise.reject(new Error('no such host db.internal')) } }
    closed.database.ready.catch(() => {})
    await withHttp(closed, async (http) => {
      const answer = await http.browser().get('/test/echo-get')
      expect([answer.status, answer.body.error.code]).toEqual([503, 'unavailable'])
      expect(answer.text).not.toContain('db.internal')
    }, router => router.use('/test/echo-get', definePublicRoute({}, () => 'x'), 'get'))
  }))

  it('carries its headers on every answer, refusals too', () => withKit(async (http) => {
    for (const path of ['/api/session', '/test/bug', '/api/no-such-thing', '/api/models']) {
      const { headers } = await http.browser().get(path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toContain(`frame-ancestors 'none'`)
      expect(headers.get('referrer-policy')).toBe('same-origin')
      expect(headers.get('x-dns-prefetch-control')).toBe('off')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(headers.get('strict-transport-security')).toBeNull()
      expect(headers.get('access-control-allow-origin')).toBeNull()
    }
  }))

  it('is logged with its path and never its query', () => withKit(async (http, { lines }) => {
    await http.browser().get('/api/session?signature=very-secret', { 'x-request-id': 'forged-id' })
    const noted = lines.filter(line => line.includes('"path":"/api/session"'))
    expect(noted).toHaveLength(1)
    expect(lines.join()).not.toContain('very-secret')
    expect(lines.join()).not.toContain('forged-id')
  }))
})

describe('a request of another website', () => {
  const tries: [string, Record<string, string>, number][] = [
    ['from elsewhere', { 'origin': 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['from elsewhere in an old browser', { 'origin': 'https://evil.example', 'sec-fetch-site': '' }, 403],
    ['from a sandboxed frame', { 'origin': 'null', 'sec-fetch-site': 'cross-site' }, 403],
    ['from a neighbour domain without Origin', { 'origin': '', 'sec-fetch-site': 'same-site' }, 403],
    ['from a host that only begins like ours', { 'origin': 'http://127.0.0.1.evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['from another port', { 'origin': 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }, 403],
    ['from a trusted origin', { 'origin': 'https://friend.example', 'sec-fetch-site': 'cross-site' }, 200],
    ['from the public address', { 'origin': 'http://parley.example', 'sec-fetch-site': 'same-origin' }, 200],
    ['from no browser', { 'origin': '', 'sec-fetch-site': '' }, 200],
  ]
  it.each(tries)('%s: answered as it should be', (_, headers, status) => withServices('sqlite', ({ services }) => withHttp(services, async (http) => {
    const user = await http.user()
    expect((await user.send('PATCH', '/api/account', { name: 'New' }, headers)).status).toBe(status)
    const name = (await user.get<{ user: { name: string } }>('/api/session')).body.user.name
    expect(name === 'New').toBe(status === 200)
  }), { PUBLIC_URL: 'http://parley.example', TRUSTED_ORIGINS: 'https://friend.example' }))
})
