/** Promise 11 on a real server process: bad input gets a clear error and harms nothing. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { processorSeconds } from '../../bench/processes.ts'
import { newId } from '../../shared/ids.ts'
import { frameLimits } from '../../shared/protocol.ts'
import { messageSend, openSocket, type Socket } from '../support/client.ts'
import { useLive } from '../support/live.ts'
import { scriptedSend } from '../support/live-settings.ts'
import { strangeCommands } from '../support/strange-commands.ts'
import { until } from '../support/until.ts'

const live = useLive()

const megabytes = (pid: number) => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
const deep = (levels: number) => `${'{"type":'.repeat(levels)}1${'}'.repeat(levels)}`

const bad: ((i: number) => string | Buffer)[] = [
  () => '', () => '{', () => 'null', () => '[]', () => '42', () => '"message.send"', () => '{"type":"__proto__","id":"x"}',
  () => Buffer.from([0xff, 0xfe, 0x00, 0x80]),
  () => deep(500),
  i => JSON.stringify({ ...messageSend('x'), type: `message.${i}` }),
  i => JSON.stringify({ ...messageSend('x'), extra: i }),
  () => JSON.stringify({ ...messageSend('x'), id: 'not an id' }),
  () => JSON.stringify({ ...messageSend('x'), content: 7 }),
  () => JSON.stringify(messageSend('')),
  () => JSON.stringify({ ...messageSend('x'), mediaIds: Array(1000).fill(newId()) }),
  () => JSON.stringify({ type: 'conversation.follow', id: newId(), conversationId: newId(), after: -1, cursors: {} }),
  () => JSON.stringify({ type: 'reply.stop', id: newId(), conversationId: newId(), messageId: newId() }),
  () => JSON.stringify({ constructor: { prototype: { polluted: true } }, type: 'ping' }),
]

/** Every command there is, valid but about nothing, and then each of its fields in turn as it must not be. */
const wrong: unknown[] = [null, 7, true, {}, [], [[]], '', '\0', '__proto__', 'x'.repeat(5000), { id: { id: {} } }, -1, 1e308]
const nothing = () => ({ conversationId: newId(), messageId: newId(), replyId: newId(), mediaId: newId(), mineId: newId(), myMessageId: newId() })
const mutants: string[] = strangeCommands(nothing()).flatMap((command) => {
  const fields = Object.keys(command).filter(field => field !== 'id')
  const whole = { ...command }
  return [
    ...fields.flatMap(field => wrong.map(value => JSON.stringify({ ...whole, [field]: value }))),
    ...fields.map(field => JSON.stringify(Object.fromEntries(Object.entries(whole).filter(([name]) => name !== field)))),
    // Out of order: about things that were never made.
    JSON.stringify(whole),
    JSON.stringify({ ...whole, 'no such field': 1 }),
    `{"__proto__":{"admin":true},${JSON.stringify(whole).slice(1)}`,
  ]
})

it('answers a bad frame with a code, a sentence and the field, and stays up', async () => {
  const socket = await openSocket(await live.guest())
  const id = newId()
  socket.sendRaw(JSON.stringify({ ...messageSend('x'), id, conversationId: 'nope' }))
  const refusal = await until(() => socket.events.find(event => event.type === 'command.refused'), { what: 'the refusal' })
  expect(refusal).toMatchObject({ id, error: { code: 'invalid_input', field: 'conversationId' } })
  socket.send({ type: 'ping', id })
  await until(() => socket.events.some(event => event.type === 'pong'), { what: 'a pong' })
  socket.close()
})

it('ten thousand bad frames leave the server healthy and its memory flat', async () => {
  const guests = await Promise.all(Array.from({ length: 4 }, () => live.guest()))
  const sendAll = async (count: number) => {
    let socket: Socket | undefined
    for (let i = 0; i < count; i++) {
      // A flood is closed in the end: that is allowed, and a new socket goes on.
      if (!socket?.isOpen()) socket = await openSocket(guests[i % 4]!, { keep: false })
      socket.sendRaw(i % 2 ? bad[i % bad.length]!(i) : mutants[(i / 2) % mutants.length]!)
      if (i % 100 === 99) await new Promise(resolve => setImmediate(resolve))
    }
    socket?.close()
  }
  await sendAll(2000)
  const before = megabytes(live.server.pid)
  await sendAll(8000)
  expect(megabytes(live.server.pid) - before).toBeLessThan(60)
  const socket = await openSocket(guests[0]!)
  const answer = await socket.change(messageSend('still there?'))
  expect(answer.seq).toBeGreaterThan(0)
  expect((await fetch(`${live.server.url}/api/health/ready`)).status).toBe(200)
  expect(live.server.lines().filter(line => line.level === 60 || /unhandled/i.test(String(line.msg)))).toEqual([])
  socket.close()
})

it('a reply that is slow to draw does not keep the server busy, or everybody would wait', async () => {
  const guest = await live.guest()
  for (const [tokens, says] of [[400, '[a](https://a.example/) '.repeat(25)], [500, '['.repeat(100)], [300, '$x^2$ *a **b '.repeat(20)], [800, '::: a\n'], [4000, '# A\n\nSome *words* `here`.\n\n']] as const) {
    const { command } = scriptedSend({ tokens, says })
    await guest.request('POST', '/api/commands', command)
    await until(async () => (await guest.request<{ messages: { status: string }[] }>('GET', `/api/conversations/${command.conversationId}`)).body.messages?.[1]?.status === 'done', { what: says.slice(0, 20), withinMs: 30_000 })
    const before = processorSeconds([live.server.pid])
    const answer = await fetch(`${guest.url}/c/${command.conversationId}`, { headers: { cookie: guest.cookie, accept: 'text/html' } })
    expect([says.slice(0, 20), answer.status, (await answer.text()).includes(says.slice(0, 5).trim().replaceAll('&', '&amp;'))]).toEqual([says.slice(0, 20), 200, true])
    // It took half a minute and more. In processor seconds, in which nobody else is answered: a clock would count what else the machine does.
    expect([says.slice(0, 20), processorSeconds([live.server.pid]) - before < 8]).toEqual([says.slice(0, 20), true])
  }
})

it('a frame that is too large closes its own socket and no other', async () => {
  const guest = await live.guest()
  const [large, other] = await Promise.all([openSocket(guest), openSocket(guest)])
  large.sendRaw('x'.repeat(frameLimits.maxBytes + 1))
  expect(await large.closed).toBe(1009)
  expect(other.isOpen()).toBe(true)
  other.close()
})

it('a message in tiny pieces that never ends is not kept: the socket is closed, and no other', async () => {
  const guest = await live.guest()
  const other = await openSocket(guest)
  const { hostname, port, host } = new URL(guest.url)
  const raw = connect(Number(port), hostname)
  raw.on('error', () => {})
  const said: Buffer[] = []
  raw.on('data', piece => void said.push(piece))
  const ended = new Promise<void>(resolve => raw.once('close', () => resolve()))
  raw.write(`GET /ws HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${guest.url}\r\nCookie: ${guest.cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`)
  await until(() => Buffer.concat(said).includes('hello'), { what: 'the hello' })
  // The first begins a text, the rest go on with it; none is the last. Masked with zeros, of one byte each.
  const piece = (opcode: number) => Buffer.from([opcode, 0x81, 0, 0, 0, 0, 0x78])
  raw.write(Buffer.concat([piece(1), ...Array.from({ length: 1000 }, () => piece(0))]))
  await ended
  // A close frame of the server's, with a code: 1008.
  expect(Buffer.concat(said).includes(Buffer.from([0x03, 0xf0]))).toBe(true)
  other.send({ type: 'ping', id: newId() })
  await until(() => other.events.some(event => event.type === 'pong'), { what: 'a pong' })
  other.close()
})

it('a socket from another website is refused', async () => {
  const guest = await live.guest()
  const { default: WebSocket } = await import('ws')
  const socket = new WebSocket(`${guest.url.replace('http', 'ws')}/ws`, { headers: { cookie: guest.cookie, origin: 'https://evil.example' } })
  const status = await new Promise(resolve => socket.once('unexpected-response', (_, response) => resolve(response.statusCode)).once('open', () => resolve('open')).on('error', () => {}))
  expect(status).toBe(403)
  socket.terminate()
})
