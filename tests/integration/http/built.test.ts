/** The production build as a browser meets it: headers, nonces, documents, and odd request forms. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../../support/server.ts'

let server: TestServer
beforeAll(async () => { server = await startServer() })
afterAll(async () => { await server?.close() })

const get = (path: string, headers: Record<string, string> = {}) => fetch(server.url + path, { headers, redirect: 'manual' })
const page = { accept: 'text/html' }

/** What the server answers to these very bytes. */
const raw = (request: string) => new Promise<string>((resolve, reject) => {
  const socket = connect(server.port, '127.0.0.1', () => socket.write(request))
  let said = ''
  socket.on('data', (piece) => { said += piece.toString() }).on('close', () => resolve(said)).on('error', reject)
})

describe('a page', () => {
  it('runs the scripts that carry its nonce, and has no other', async () => {
    const [one, other] = [await get('/login', page), await get('/login', page)]
    const policy = one.headers.get('content-security-policy') ?? ''
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
    expect(nonce.length).toBeGreaterThanOrEqual(22)
    expect(other.headers.get('content-security-policy')).not.toContain(nonce)
    const scripts = (await one.text()).match(/<script\b[^>]*>/g) ?? []
    expect(scripts.length).toBeGreaterThan(0)
    expect(scripts.filter(tag => !tag.includes(`nonce="${nonce}"`))).toEqual([])
  })

  it('is kept nowhere, says not what made it, and asks nobody else for anything', async () => {
    const answer = await get('/login', page)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('x-powered-by')).toBeNull()
    const addresses = (await answer.text()).match(/\b(?:src|href)="https?:\/\/[^"]+"/g) ?? []
    expect(addresses.filter(address => !address.includes(server.url))).toEqual([])
  })

  it('that fails tells a sentence and nothing of the inside', async () => {
    const guest = await fetch(`${server.url}/api/auth/sign-in/anonymous`, { method: 'POST' })
    const cookie = guest.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    for (const path of ['/c/not-an-id', '/c/01a20381-9279-7100-81bd-ef8a33209055', '/no/such/page']) {
      const answer = await get(path, { ...page, cookie })
      const html = await answer.text()
      expect([path, answer.headers.get('x-content-type-options')]).toEqual([path, 'nosniff'])
      expect(html).not.toMatch(/node_modules|\.mjs:\d|at async |"stack":"[^"]/)
    }
  })
})

describe('a copy of .env.example, blanks and all', () => {
  it('is a configuration: the server starts, in production form, and ends in order', async () => {
    const given = parseEnv(readFileSync(join(import.meta.dirname, '../../../.env.example'), 'utf8'))
    const copied = await startServer({ env: { ...given, OLLAMA_BASE_URL: 'http://127.0.0.1:9' } })
    expect((await fetch(`${copied.url}/api/health/ready`)).status).toBe(200)
    await copied.close()
    expect(copied.lines().map(line => line.msg)).toContain('stopped')
  })
})

/** What a browser takes off the wire for one script, as over https or on the same machine; over plain http it is an eighth more. */
async function sizeOf(address: string): Promise<number> {
  const { headers, body } = await get(address, { 'accept-encoding': 'gzip, deflate, br' })
  await body?.cancel()
  const bytes = Number(headers.get('content-length'))
  expect([address, bytes > 0, bytes < 1500 || headers.get('content-encoding')]).toEqual([address, true, bytes < 1500 || 'br'])
  return bytes
}

/** Bytes of the scripts that a page's first HTML asks for at once. */
async function firstLoadOf(path: string, cookie: string): Promise<number> {
  const html = await (await get(path, { ...page, cookie })).text()
  const tags = (html.match(/<(?:link|script)\b[^>]*>/g) ?? []).filter(tag => tag.startsWith('<script') || tag.includes('rel="modulepreload"'))
  const addresses = new Set(tags.flatMap(tag => /\b(?:src|href)="(\/_nuxt\/[^"]+\.js)"/.exec(tag)?.[1] ?? []))
  expect(addresses.size).toBeGreaterThan(5)
  const sizes = await Promise.all([...addresses].map(sizeOf))
  return sizes.reduce((sum, size) => sum + size, 0)
}

describe('the first load', () => {
  it('is 200 kB of scripts at most: of the empty page, of the way in, and of conversations with everything in them', async () => {
    const guest = await fetch(`${server.url}/api/auth/sign-in/anonymous`, { method: 'POST' })
    const cookie = guest.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    await fetch(`${server.url}/api/examples`, { method: 'POST', headers: { cookie, 'content-type': 'application/json' }, body: '{}' })
    const { conversations } = await (await get('/api/conversations', { cookie })).json() as { conversations: { id: string }[] }
    expect(conversations.length).toBeGreaterThan(1)
    for (const path of ['/', '/login', ...conversations.map(({ id }) => `/c/${id}`)]) {
      const bytes = await firstLoadOf(path, path === '/login' ? '' : cookie)
      expect([path, bytes <= 200_000, bytes]).toEqual([path, true, bytes])
    }
  })
})

describe('everything else', () => {
  it('carries the headers too: files, documents, refusals', async () => {
    const asset = /\/_nuxt\/[\w.-]+\.js/.exec(await (await get('/login', page)).text())?.[0] ?? ''
    for (const path of [asset, '/api/openapi.json', '/api/docs', '/api/docs/swagger-ui-bundle.js', '/api/no-such-thing', '/api/models']) {
      const { headers } = await get(path)
      expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff'])
      expect([path, headers.get('content-security-policy')]).toEqual([path, expect.stringContaining(`object-src 'none'`)])
    }
  })

  it('is refused to other websites, whatever the path', async () => {
    for (const path of ['/api/auth/sign-in/anonymous', '/', '/files/x', '/api/no-such-thing']) {
      const answer = await fetch(server.url + path, { method: 'POST', headers: { 'origin': 'https://evil.example', 'sec-fetch-site': 'cross-site' } })
      expect([path, answer.status]).toEqual([path, 403])
    }
  })

  it('has the document and its page, with no script from elsewhere', async () => {
    expect(Object.keys((await (await get('/api/openapi.json')).json() as { paths: object }).paths).length).toBeGreaterThan(20)
    expect(await (await get('/api/docs')).text()).not.toMatch(/https?:\/\//)
    const script = await get('/api/docs/swagger-ui-bundle.js')
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect((await script.text()).length).toBeGreaterThan(1_000_000)
    expect((await get('/api/docs/..%2f..%2fpackage.json')).status).toBeGreaterThanOrEqual(400)
  })

  it('stands odd forms of requests: no door opens, nothing breaks', async () => {
    const line = 'host: x\r\nconnection: close\r\n\r\n'
    for (const path of ['//api/sessions', '/API/sessions', '/api/%73essions', '/api//sessions', '/api/sessions/', '/api/sessions%00', '/api/./sessions', '/api/x/../sessions', '/api/sessions?', '/api/sessions#x', 'http://evil.example/api/sessions', '/%2e%2e/%2e%2e/etc/passwd', '/_nuxt/..%2f..%2fserver%2findex.mjs', '/api/\\sessions']) {
      const answer = await raw(`GET ${path} HTTP/1.1\r\n${line}`)
      expect([path, /^HTTP\/1\.1 [2345]\d\d/.test(answer)]).toEqual([path, true])
      expect([path, answer.includes('"sessions":['), answer.includes('root:'), /^HTTP\/1\.1 5/.test(answer)]).toEqual([path, false, false, false])
    }
    expect(await raw(`GET /api/session HTTP/1.1\r\nhost: x\r\n__proto__: y\r\nconnection: close\r\n\r\n`)).toContain('200 OK')
    expect(await raw(`POST /api/commands HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`)).toContain('400 Bad Request')
    expect((await get('/api/health/live')).status).toBe(200)
  })
})
