/**
 * The page's one line to the server. It keeps itself up: tries the socket first and events where sockets are blocked,
 * comes back with growing, jittered pauses, notices a dead line by pings, and follows again from where each follower stands.
 */
import { newId } from '../shared/ids.ts'
import type { Cursor } from '../shared/conversation.ts'
import type { Problem } from '../shared/errors.ts'
import type { Answer, ChangeCommand, EventOf, LiveEvent } from '../shared/protocol.ts'
import { LostError, RefusedError } from './problems.ts'
import type { OpenTransport, Transport } from './live-transport.ts'

export type LineState = 'connecting' | 'online' | 'offline'
export type LineTransport = 'socket' | 'events'

export const lineTimes = {
  helloMs: 8_000, pingMs: 15_000, pongMs: 5_000, answerMs: 10_000, firstPauseMs: 500, longestPauseMs: 30_000, followAgainMs: 1_000,
} as const

export interface Follower {
  /** Where it stands; asked at every (re)connect. */
  position(): { after: number, cursors: Record<string, Cursor> }
  refused(problem: Problem): void
}

/** One followed conversation: `again` asks for what is missing (at most once a second), `stop` ends it. */
export interface Following { again(): void, stop(): void }

export interface LiveLine {
  /** Connects, and stays connected until `close`. Who follows keeps following. */
  open(): void
  /** Sends a change command and waits for its answer. Rejects with `RefusedError`, or `LostError` when there is none. */
  request(command: ChangeCommand): Promise<Answer | null>
  follow(conversationId: string, follower: Follower): Following
  /** Something may have changed outside (network, page woken): look at the line now. */
  wake(): void
  /** The network is known to be gone. */
  sleep(): void
  close(): void
}

export interface LineOptions {
  transports: Record<LineTransport, OpenTransport>
  event(event: LiveEvent): void
  state(state: LineState, transport: LineTransport): void
}

interface Waiting { resolve(answer: Answer | null): void, reject(error: Error): void, deadline: ReturnType<typeof setTimeout> }
interface Followed { conversationId: string, follower: Follower, askedAt: number, again?: ReturnType<typeof setTimeout> }

/** Pause before try `failures` (from 1): 0.5 to 1 times a doubling, so that a thousand browsers don't return at once. */
export const pauseMs = (failures: number, random: number): number =>
  Math.min(lineTimes.longestPauseMs, lineTimes.firstPauseMs * 2 ** (failures - 1)) * (0.5 + random / 2)

/** Makes the line; it connects at `open()`. */
export function makeLine(options: LineOptions): LiveLine {
  const waiting = new Map<string, Waiting>()
  const followed = new Map<string, Followed>()
  const asked = new Map<string, Followed>()
  let transport: Transport | null = null
  let kind: LineTransport = 'socket'
  let preferred: LineTransport = 'socket'
  let up = false
  let closed = true
  let failures = 0
  let heardAt = 0
  let comeBackMs: number | null = null
  let next: ReturnType<typeof setTimeout> | undefined
  let watch: ReturnType<typeof setTimeout> | undefined

  const connect = () => {
    clearTimeout(next)
    if (closed || transport) return
    const other = preferred === 'socket' ? 'events' : 'socket'
    kind = failures < 2 || failures % 2 === 1 ? preferred : other
    watch = setTimeout(lost, lineTimes.helloMs)
    // The handlers may be called before this returns (a refused address), so the transport says whose they are.
    const mine: { current: Transport | null } = { current: null }
    const isMine = () => mine.current === transport
    mine.current = transport = { send: () => {}, close: () => {} }
    const opened = options.transports[kind]({ event: event => isMine() && take(event), lost: () => isMine() && lost() })
    if (isMine()) mine.current = transport = opened
    else opened.close()
  }

  function lost() {
    transport?.close()
    transport = null
    clearTimeout(watch)
    asked.clear()
    for (const [id, { reject, deadline }] of waiting) {
      clearTimeout(deadline)
      waiting.delete(id)
      reject(new LostError('The line broke'))
    }
    if (closed) return
    failures += up ? 0 : 1
    const pause = comeBackMs ?? (up ? Math.random() * 300 : pauseMs(failures, Math.random()))
    options.state(comeBackMs === null ? 'offline' : 'connecting', kind)
    up = false
    comeBackMs = null
    clearTimeout(next)
    next = setTimeout(connect, pause)
  }

  const ping = (deadlineMs: number) => {
    clearTimeout(watch)
    const since = heardAt
    watch = setTimeout(() => heardAt === since ? lost() : keepWatch(), deadlineMs)
    transport?.send({ type: 'ping', id: newId() })
  }
  const keepWatch = () => {
    clearTimeout(watch)
    watch = setTimeout(() => ping(lineTimes.pongMs), lineTimes.pingMs)
  }

  const ask = (entry: Followed) => {
    if (!up) return
    const id = newId()
    entry.askedAt = Date.now()
    asked.set(id, entry)
    transport?.send({ type: 'conversation.follow', id, conversationId: entry.conversationId, ...entry.follower.position() })
  }

  const hello = () => {
    const reopened = up
    failures = 0
    up = true
    preferred = kind
    keepWatch()
    options.state('online', kind)
    // A stream that was reopened for a new position greets again; it carries its position already.
    if (!(reopened && kind === 'events')) for (const entry of followed.values()) ask(entry)
  }

  const settle = (event: EventOf<'command.accepted'> | EventOf<'command.refused'>) => {
    const id = event.id ?? ''
    const request = waiting.get(id)
    const follow = asked.get(id)
    waiting.delete(id)
    asked.delete(id)
    clearTimeout(request?.deadline)
    if (event.type === 'command.accepted') return request?.resolve(event.answer)
    const problem = event.error as Problem
    request?.reject(new RefusedError(problem))
    follow?.follower.refused(problem)
  }

  function take(event: LiveEvent) {
    heardAt++
    if (event.type === 'hello') hello()
    else if (event.type === 'command.accepted' || event.type === 'command.refused') settle(event)
    options.event(event)
    if (event.type === 'come.back') {
      comeBackMs = event.afterMs * (0.5 + Math.random())
      lost()
    }
    if (event.type === 'session.ended') close()
  }

  function close() {
    if (closed) return
    closed = true
    clearTimeout(next)
    lost()
  }

  const request = (command: ChangeCommand) => new Promise<Answer | null>((resolve, reject) => {
    if (!up || !transport) return reject(new LostError('There is no line'))
    const deadline = setTimeout(() => {
      waiting.delete(command.id)
      reject(new LostError('No answer came'))
    }, lineTimes.answerMs)
    waiting.set(command.id, { resolve, reject, deadline })
    transport.send(command)
  })

  const follow = (conversationId: string, follower: Follower): Following => {
    const entry: Followed = { conversationId, follower, askedAt: 0 }
    followed.set(conversationId, entry)
    ask(entry)
    const again = () => {
      clearTimeout(entry.again)
      const wait = entry.askedAt + lineTimes.followAgainMs - Date.now()
      if (wait <= 0) ask(entry)
      else entry.again = setTimeout(() => ask(entry), wait)
    }
    const stop = () => {
      clearTimeout(entry.again)
      if (followed.get(conversationId) !== entry) return
      followed.delete(conversationId)
      if (up) transport?.send({ type: 'conversation.unfollow', id: newId(), conversationId })
    }
    return { again, stop }
  }

  const wake = () => {
    if (closed) return
    if (up) return ping(3_000)
    failures = 0
    connect()
  }

  const open = () => {
    if (!closed) return
    closed = false
    failures = 0
    connect()
  }

  return { open, request, follow, wake, sleep: () => { if (transport) lost() }, close }
}
