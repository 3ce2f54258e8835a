/**
 * The page's one line to the server. It keeps itself up: tries the socket first and events where sockets are blocked,
 * comes back with growing, jittered pauses, notices a dead line by pings, and follows again from where each follower stands.
 */
import { newId } from '../shared/ids.ts'
import type { Problem } from '../shared/errors.ts'
import type { Answer, ChangeCommand, Command, LiveEvent } from '../shared/protocol.ts'
import { makeFollowers, type Follower, type Following } from './live-followers.ts'
import type { OpenTransport, Transport, TransportHandlers } from './live-transport.ts'
import { makeWaiting } from './live-waiting.ts'
import { LostError } from './problems.ts'

export type LineState = 'connecting' | 'online' | 'offline'
export type LineTransport = 'socket' | 'events'

export const lineTimes = {
  helloMs: 8_000, pingMs: 15_000, pongMs: 5_000, wakePongMs: 3_000, answerMs: 10_000, firstPauseMs: 500, longestPauseMs: 30_000, afterLossMs: 300,
} as const

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

/** Pause before try `failures` (from 1): 0.5 to 1 times a doubling, so that a thousand browsers don't return at once. */
export const pauseMs = (failures: number, random: number): number =>
  Math.min(lineTimes.longestPauseMs, lineTimes.firstPauseMs * 2 ** (failures - 1)) * (0.5 + random / 2)

/** Which road to try: the one that worked last, and from the third failure on the other one every second time. */
export function roadAfter(failures: number, preferred: LineTransport): LineTransport {
  if (failures < 2 || failures % 2 === 1) return preferred
  return preferred === 'socket' ? 'events' : 'socket'
}

/** Calls `dead` when nothing is heard for a while, having asked first. */
function makeWatch(ping: () => void, dead: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined
  const after = (ms: number, run: () => void) => {
    clearTimeout(timer)
    timer = setTimeout(run, ms)
  }
  const ask = (deadlineMs: number) => {
    after(deadlineMs, dead)
    ping()
  }
  return {
    hello: () => after(lineTimes.helloMs, dead),
    heard: () => after(lineTimes.pingMs, () => ask(lineTimes.pongMs)),
    ask,
    stop: () => clearTimeout(timer),
  }
}

/** A transport whose handlers are not called any more once it was closed here. */
function dial(open: OpenTransport, handlers: TransportHandlers): Transport {
  let over = false
  const { send, close } = open({ event: event => over || handlers.event(event), lost: () => over || handlers.lost() })
  return { send, close: () => { over = true; close() } }
}

interface ConnectionOptions extends LineOptions {
  /** `again` for the greeting of a stream that was only reopened. */
  take(event: LiveEvent, again: boolean): void
  lost(): void
}

/** One connection at a time, over whichever road works. */
function makeConnection({ transports, state, take, lost }: ConnectionOptions) {
  let transport: Transport | null = null
  let kind: LineTransport = 'socket'
  let preferred: LineTransport = 'socket'
  let isOpen = false
  let up = false
  let failures = 0
  let next: ReturnType<typeof setTimeout> | undefined
  const send = (command: Command) => {
    if (up) transport?.send(command)
    return up
  }
  const watch = makeWatch(() => send({ type: 'ping', id: newId() }), () => lose())

  function connect() {
    clearTimeout(next)
    if (!isOpen || transport) return
    kind = roadAfter(failures, preferred)
    watch.hello()
    transport = dial(transports[kind], { event: hear, lost: () => lose() })
  }

  function hear(event: LiveEvent) {
    const again = up && kind === 'events'
    watch.heard()
    if (event.type === 'hello') {
      failures = 0
      up = true
      preferred = kind
      state('online', kind)
    }
    take(event, again)
    if (event.type === 'come.back') lose(event.afterMs * (0.5 + Math.random()))
  }

  /** Gives up the present connection; a new try follows while the line is open. `comeBackMs` when the server asked for that. */
  function lose(comeBackMs?: number) {
    transport?.close()
    transport = null
    watch.stop()
    clearTimeout(next)
    failures += up ? 0 : 1
    const pause = up ? Math.random() * lineTimes.afterLossMs : pauseMs(failures, Math.random())
    up = false
    lost()
    if (!isOpen) return
    state(comeBackMs === undefined ? 'offline' : 'connecting', kind)
    next = setTimeout(connect, comeBackMs ?? pause)
  }

  function turn(open: boolean) {
    if (isOpen === open) return
    isOpen = open
    failures = 0
    if (open) connect()
    else lose()
  }
  function wake() {
    if (up) return watch.ask(lineTimes.wakePongMs)
    failures = 0
    connect()
  }
  return { send, wake, isUp: () => up, open: () => turn(true), close: () => turn(false), sleep: () => { if (transport) lose() } }
}

/** Makes the line; it connects at `open()`. */
export function makeLine(options: LineOptions): LiveLine {
  const waiting = makeWaiting(lineTimes.answerMs)
  const lost = () => {
    followers.forgetAsked()
    waiting.loseAll()
  }
  const connection = makeConnection({ ...options, take, lost })
  const followers = makeFollowers(connection.send)

  function take(event: LiveEvent, reopened: boolean) {
    // A stream of events that was reopened for a new position greets again; it carries its position already.
    if (event.type === 'hello' && !reopened) followers.askAll()
    if (event.type === 'command.accepted' || event.type === 'command.refused') {
      waiting.settle(event)
      followers.answered(event.id, event.type === 'command.refused' ? { problem: event.error as Problem } : { seq: event.answer?.seq ?? null })
    }
    options.event(event)
    if (event.type === 'session.ended') connection.close()
  }

  function request(command: ChangeCommand) {
    if (!connection.isUp()) return Promise.reject(new LostError('There is no line'))
    const answer = waiting.wait(command.id)
    connection.send(command)
    return answer
  }

  const { open, close, wake, sleep } = connection
  return { open, close, wake, sleep, request, follow: followers.follow }
}
