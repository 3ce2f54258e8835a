import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isPublicAddress, openOutbound } from '../../../server/models/outbound.ts'

describe('which addresses are public', () => {
  test.each([
    '127.0.0.1', '10.0.0.1', '172.16.5.4', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '192.0.2.1', '198.18.0.1',
    '::1', '::', 'fe80::1', 'fc00::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:4136:e378::1', '2001:db8::1', '::127.0.0.1', '::7f00:1', '::a00:1', '64:ff9b:1::7f00:1', 'fec0::1', '4000::1', 'not an address',
  ])('%s is not', (address) => { expect(isPublicAddress(address)).toBe(false) })
  test.each(['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'])('%s is', (address) => { expect(isPublicAddress(address)).toBe(true) })
})

describe('the guarded fetch', () => {
  let server: Server
  let other: Server
  let url: string
  const listen = (handler: Parameters<typeof createServer>[1]) => new Promise<Server>((resolve) => {
    const made = createServer(handler)
    made.listen(0, '127.0.0.1', () => resolve(made))
  })
  const portOf = (made: Server) => (made.address() as AddressInfo).port
  const causeOf = (promise: Promise<unknown>) => promise.then(() => 'no error', (error: Error) => (error.cause as Error | undefined)?.name ?? error.name)

  beforeAll(async () => {
    other = await listen((_, response) => response.end('secret'))
    server = await listen((request, response) => {
      if (request.url === '/away') response.writeHead(302, { location: '/' }).end()
      else if (request.url === '/large') response.end(Buffer.alloc(50_000))
      else if (request.url === '/form') request.pipe(response)
      else response.end('ok')
    })
    url = `http://127.0.0.1:${portOf(server)}`
  })
  afterAll(() => { server.close(); other.close() })

  test('reaches a private address that the operator wrote down, and only that port of it', async () => {
    const outbound = openOutbound({ trusted: [`${url}/v1`], allowPrivate: false })
    expect(await (await outbound.fetch(url)).text()).toBe('ok')
    expect(await causeOf(outbound.fetch(`http://127.0.0.1:${portOf(other)}`))).toBe('AddressRefused')
    await outbound.close()
  })

  test.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '0.0.0.0'])('refuses this machine under the name %s', async (host) => {
    const outbound = openOutbound({ trusted: [], allowPrivate: false })
    expect(await causeOf(outbound.fetch(`http://${host}:${portOf(server)}/`))).toBe('AddressRefused')
    await outbound.close()
  })

  test('follows no redirect, even from and to a server it trusts', async () => {
    const outbound = openOutbound({ trusted: [url], allowPrivate: false })
    await expect(outbound.fetch(`${url}/away`)).rejects.toThrow()
    await outbound.close()
  })

  test.each(['destroy', 'resetAndDestroy'] as const)('sends a request anew when the kept connection it took was just closed by the other side (%s)', async (ending) => {
    const seen = new WeakSet<object>()
    let closed = 0
    const moody = await listen((request, response) => {
      if (seen.has(request.socket)) { closed++; request.socket[ending](); return }
      seen.add(request.socket)
      request.pipe(response)
    })
    const moodyUrl = `http://127.0.0.1:${portOf(moody)}`
    const outbound = openOutbound({ trusted: [moodyUrl], allowPrivate: false })
    for (const body of ['one', 'two', 'three']) expect(await (await outbound.fetch(moodyUrl, { method: 'POST', body })).text()).toBe(body)
    expect(closed).toBeGreaterThan(0)
    await outbound.close()
    moody.close()
  })

  test('does not send a request twice when a new connection breaks', async () => {
    let requests = 0
    const broken = await listen((request) => { requests++; request.socket.destroy() })
    const brokenUrl = `http://127.0.0.1:${portOf(broken)}`
    const outbound = openOutbound({ trusted: [brokenUrl], allowPrivate: false })
    await expect(outbound.fetch(brokenUrl, { method: 'POST', body: 'x' })).rejects.toThrow()
    expect(requests).toBe(1)
    await outbound.close()
    broken.close()
  })

  test('speaks http and https only', async () => {
    const outbound = openOutbound({ trusted: [], allowPrivate: true })
    await expect(outbound.fetch('file:///etc/passwd')).rejects.toThrow('not allowed')
    await outbound.close()
  })

  test('ends an answer that grows past its limit', async () => {
    const outbound = openOutbound({ trusted: [url], allowPrivate: false, maxResponseBytes: 10_000 })
    await expect(outbound.fetch(`${url}/large`).then(answer => answer.text())).rejects.toThrow()
    await outbound.close()
  })

  test('sends a form of Node’s own kind whole', async () => {
    const outbound = openOutbound({ trusted: [url], allowPrivate: false })
    const form = new FormData()
    form.append('model', 'whisper')
    form.append('file', new Blob(['bytes'], { type: 'audio/wav' }), 'a.wav')
    const sent = await (await outbound.fetch(`${url}/form`, { method: 'POST', body: form })).text()
    expect(sent).toContain('name="model"\r\n\r\nwhisper')
    expect(sent).toContain('filename="a.wav"')
    expect(sent).toContain('bytes')
    await outbound.close()
  })
})
