/** ASVS 7.4.1, 7.4.3 on two web processes: what hangs on a session ends with it, wherever it hangs. */
import { connect, type Socket as RawSocket } from 'node:net'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { messageSend, openSocket, signInAsGuest, type Session } from '../support/client.ts'
import { startFleet, type Fleet } from '../support/fleet.ts'
import { until } from '../support/until.ts'

let fleet: Fleet
beforeAll(async () => { fleet = await startFleet({}, { webs: 2, workers: 1 }) })
afterAll(async () => { await fleet?.close() })

/** A client that speaks the socket's protocol by hand, and answers no close frame. */
async function openStubborn(session: Session): Promise<{ say(text: string): void, closedAt: Promise<number>, raw: RawSocket }> {
  const { hostname, port, host } = new URL(session.url)
  const raw = connect(Number(port), hostname)
  raw.on('error', () => {})
  const closedAt = new Promise<number>(resolve => raw.once('close', () => resolve(Date.now())))
  let said = ''
  raw.on('data', (piece) => { said += piece.toString('latin1') })
  raw.write(`GET /ws HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${session.url}\r\nCookie: ${session.cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`)
  await until(() => said.includes('hello'), { what: 'the hello' })
  return {
    raw, closedAt,
    say(text) {
      const payload = Buffer.from(text)
      const head = Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255, 0, 0, 0, 0])
      raw.write(Buffer.concat([head, payload]))
    },
  }
}

it('signing out at one process closes the sockets and streams at the other within a second', async () => {
  const session = await signInAsGuest(fleet.webs[0]!.url)
  const elsewhere = session.at(fleet.webs[1]!.url)
  const socket = await openSocket(elsewhere)
  const stream = await fetch(`${elsewhere.url}/api/live`, { headers: { cookie: session.cookie } })
  const streamed = stream.text().then(text => ({ text, at: Date.now() }))
  const from = Date.now()
  expect((await session.request('POST', '/api/auth/sign-out', {})).status).toBe(200)
  expect(await socket.closed).toBe(4401)
  expect(Date.now() - from).toBeLessThan(1000)
  const { text, at } = await streamed
  expect(text).toContain('session.ended')
  expect(at - from).toBeLessThan(1000)
  expect((await elsewhere.request('GET', '/api/conversations')).status).toBe(401)
})

it('who does not hang up is cut off, and what they say meanwhile is not done', async () => {
  const session = await signInAsGuest(fleet.webs[0]!.url)
  const stubborn = await openStubborn(session.at(fleet.webs[1]!.url))
  const [first, late] = [messageSend('first'), messageSend('late')]
  stubborn.say(JSON.stringify(first))
  await until(async () => (await session.request('GET', `/api/conversations/${first.conversationId}`)).status === 200, { what: 'the first message' })
  const other = await signInAsGuest(fleet.webs[0]!.url)
  const from = Date.now()
  // The account goes to a user, so that what is said late could still be seen.
  const response = await fetch(`${session.url}/api/auth/sign-up/email`, {
    method: 'POST', headers: { 'content-type': 'application/json', 'origin': session.url, 'cookie': session.cookie },
    body: JSON.stringify({ username: `stubborn-${randomBytes(4).toString('hex')}`, password: 'a quiet harbour' }),
  })
  expect(response.status).toBe(200)
  const talking = setInterval(() => stubborn.say(JSON.stringify(late)), 20)
  const closedAt = await stubborn.closedAt
  clearInterval(talking)
  expect(closedAt - from).toBeLessThan(3000)
  const user = { ...session, cookie: response.headers.getSetCookie().map(line => line.split(';')[0]).join('; ') }
  const status = async (path: string) => (await fetch(`${user.url}${path}`, { headers: { cookie: user.cookie } })).status
  expect([await status(`/api/conversations/${first.conversationId}`), await status(`/api/conversations/${late.conversationId}`)]).toEqual([200, 404])
  expect((await other.request('GET', '/api/conversations')).status).toBe(200)
})
