/** Promise 11 on a real server process: bad input gets a clear error and harms nothing. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { newId } from '../../shared/ids.ts'
import { frameLimits } from '../../shared/protocol.ts'
import { messageSend, openSocket, type Socket } from '../support/client.ts'
import { useLive } from '../support/live.ts'
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
      socket.sendRaw(bad[i % bad.length]!(i))
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

it('a frame that is too large closes its own socket and no other', async () => {
  const guest = await live.guest()
  const [large, other] = await Promise.all([openSocket(guest), openSocket(guest)])
  large.sendRaw('x'.repeat(frameLimits.maxBytes + 1))
  expect(await large.closed).toBe(1009)
  expect(other.isOpen()).toBe(true)
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
