/** What is measured: a direct client on the fake LLM, and Parley in both modes, all in production builds. */
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { channel } from '../server/bus/postgres.ts'
import { newId } from '../shared/ids.ts'
import { isOpen, type Cursor, type MessageView } from '../shared/conversation.ts'
import { isFurther, judgeDelta } from '../shared/follow.ts'
import type { Delta } from '../shared/protocol.ts'
import { messageSend, openSocket, signInAsGuest, untilEnded, type Session, type Socket } from '../tests/support/client.ts'
import { createPostgres } from '../tests/support/postgres.ts'
import { startProcess } from '../tests/support/processes.ts'
import { startServer, type TestServer } from '../tests/support/server.ts'
import { until } from '../tests/support/until.ts'
import { ownPostgres } from './processes.ts'

/** One answer as the client saw it. `heard` is called for each piece of text as it arrives. */
export interface Stream {
  /** What was asked: finds the served text in the LLM's journal. */
  asked: string
  run(heard: (text: string) => void, restart: () => void): Promise<void>
}

/** What Postgres has done so far. A backend tells of its transactions about once a second. */
export interface Counts { transactions: number, notifications: number, /** Milliseconds. */ at: number }

export interface Target {
  name: string
  /** Processes of ours whose cost counts, as they are now. */
  pids(): number[]
  /** `count` streams, ready to run; each of another person. */
  prepare(count: number): Promise<Stream[]>
  /** Opens `count` idle sockets and gives back how to close them. */
  idle(count: number): Promise<() => Promise<void>>
  counts?(): Promise<Counts>
  close(): Promise<void>
}

export interface Llm { url: string, root: string, close(): Promise<void> }

/** The fake LLM as a process of its own, so that it doesn't share our event loop. */
export async function startLlm(): Promise<Llm> {
  const running = startProcess(process.execPath, [fileURLToPath(new URL('fake-llm.ts', import.meta.url))], { PATH: process.env.PATH })
  const line = await until(() => running.log().split('\n').find(text => text.startsWith('{')), { what: 'the fake LLM' })
  const { url } = JSON.parse(line) as { url: string }
  return { url, root: url.replace(/\/v1$/, ''), close: () => running.close() }
}

const ask = () => `bench ${randomUUID()}`

export function directTarget(llm: Llm): Target {
  const stream = (asked: string): Stream => ({
    asked,
    run: async (heard) => {
      const response = await fetch(`${llm.url}/chat/completions`, {
        method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'bench', stream: true, messages: [{ role: 'user', content: asked }] }),
      })
      if (!response.body) throw new Error('no body')
      let rest = ''
      for await (const bytes of response.body.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + bytes).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          if (!line.startsWith('data: {')) continue
          const { choices } = JSON.parse(line.slice(6)) as { choices: { delta?: { content?: string } }[] }
          const text = choices[0]?.delta?.content
          if (text) heard(text)
        }
      }
    },
  })
  return { name: 'direct', pids: () => [], prepare: async count => Array.from({ length: count }, () => stream(ask())), idle: async () => async () => {}, close: async () => {} }
}

interface Person { session: Session, socket: Socket, conversationId: string }

const textOfDelta = ({ chunks }: Delta) =>
  chunks.map(chunk => chunk.type === 'text-delta' ? chunk.delta : '').join('')

/** Reads one reply as a page does (utils/apply-event.ts), but keeps nothing except how much of its text came. */
function readReply(heard: (text: string) => void, restart: () => void) {
  let cursor: Cursor = { epoch: 0, n: 0 }
  let length = 0
  const hear = (text: string) => {
    length += text.length
    if (text) heard(text)
  }
  const begin = () => {
    restart()
    length = 0
  }
  return {
    cursor: () => cursor,
    /** False when something before the delta is missing. */
    take(delta: Delta): boolean {
      const verdict = judgeDelta(cursor, delta)
      if (verdict === 'ignore' || verdict === 'gap') return verdict === 'ignore'
      if (verdict === 'restart') begin()
      cursor = { epoch: delta.epoch, n: delta.upto }
      hear(textOfDelta(delta))
      return true
    },
    /** A row may tell more than the deltas so far: what was stored, or the whole. */
    takeRow(row: MessageView): void {
      if (isOpen(row.status) && !isFurther(row.cursor, cursor)) return
      if (row.cursor.epoch > cursor.epoch && length > 0) begin()
      cursor = row.cursor
      hear(row.content.slice(length))
    },
  }
}

function streamOf(person: Person): Stream {
  const asked = ask()
  return {
    asked,
    run: (heard, restart) => new Promise((resolve, reject) => {
      const command = messageSend(asked, { conversationId: person.conversationId })
      const reading = readReply(heard, restart)
      person.socket.on((event) => {
        if (event.type === 'reply.delta' && event.messageId === command.replyId && !reading.take(event))
          person.socket.send({ type: 'conversation.follow', id: newId(), conversationId: person.conversationId, after: 0, cursors: { [command.replyId]: reading.cursor() } })
        if (event.type !== 'conversation.changed') return
        const reply = event.messages.find(message => message.id === command.replyId)
        if (reply) reading.takeRow(reply)
        if (reply?.status === 'done') resolve()
        if (reply?.status === 'failed') reject(new Error(reply.error?.message))
      })
      person.socket.send(command)
    }),
  }
}

function parleyTarget(name: string, web: TestServer, others: TestServer[], backends: () => number[], close: () => Promise<void>): Target {
  const people: Person[] = []
  let addresses = 0
  const visitor = () => ({ address: `10.${++addresses >> 16 & 255}.${addresses >> 8 & 255}.${addresses & 255}` })

  /** Each has spoken once before, so that naming the conversation is done and code is warm. */
  async function newPerson(): Promise<Person> {
    const session = await signInAsGuest(web.url, visitor())
    const first = messageSend(ask())
    await session.request('POST', '/api/commands', first)
    await untilEnded(session, first.conversationId, first.replyId, 120_000)
    const socket = await openSocket(session, { keep: false })
    socket.send({ type: 'conversation.follow', id: newId(), conversationId: first.conversationId, after: 0, cursors: {} })
    return { session, socket, conversationId: first.conversationId }
  }
  return {
    name,
    pids: () => [web.pid, ...others.map(server => server.pid), ...backends()],
    prepare: async (count) => {
      while (people.length < count) people.push(...await Promise.all(Array.from({ length: Math.min(25, count - people.length) }, newPerson)))
      return people.slice(0, count).map(streamOf)
    },
    idle: async (count) => {
      const sockets: Socket[] = []
      while (sockets.length < count) {
        const session = await signInAsGuest(web.url, visitor())
        sockets.push(...await Promise.all(Array.from({ length: Math.min(20, count - sockets.length) }, () => openSocket(session, { keep: false }))))
      }
      return async () => { for (const socket of sockets) socket.drop() }
    },
    close: async () => {
      for (const { socket } of people) socket.drop()
      await close()
    },
  }
}

const settings = (llm: Llm) => ({ OPENAI_BASE_URL: llm.url, OPENAI_API_KEY: 'bench', OPENAI_API: 'chat', ALLOW_GUESTS: 'true', LOG_LEVEL: 'warn', TRUSTED_PROXIES: '127.0.0.1', OUTBOUND_ALLOW_PRIVATE: 'true' })

export async function zeroSetupTarget(llm: Llm): Promise<Target> {
  const server = await startServer({ env: settings(llm) })
  return parleyTarget('zero-setup', server, [], () => [], () => server.close())
}

/** What the Dockerfile and docs/deployment.md have beside `npm start`'s. */
const productionArguments = ['--heap-growing-percent=30']

export async function productionTarget(llm: Llm): Promise<Target> {
  const database = await createPostgres()
  const env = { ...settings(llm), DATABASE_URL: database.url, AUTH_SECRET: randomUUID() }
  const web = await startServer({ env: { ...env, ROLE: 'web' }, nodeArguments: productionArguments })
  const worker = await startServer({ env: { ...env, ROLE: 'worker' }, nodeArguments: productionArguments })
  const sql = postgres(database.url, { max: 1, connection: { application_name: 'bench' } })
  let notifications = 0
  await sql.listen(channel, () => { notifications++ })
  const watching = new Set((await sql<{ pid: number }[]>`select pid from pg_stat_activity where application_name = 'bench'`).map(({ pid }) => pid))
  const target = parleyTarget('production', web, [worker], () => ownPostgres().filter(pid => !watching.has(pid)), async () => {
    await Promise.all([web.close(), worker.close(), sql.end()])
    await database.drop()
  })
  const counts = async (): Promise<Counts> => {
    const [told] = await sql<{ made: string }[]>`select xact_commit as made from pg_stat_database where datname = current_database()`
    return { transactions: Number(told?.made), notifications, at: performance.now() }
  }
  return { ...target, counts }
}
