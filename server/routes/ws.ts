import { defineWebSocketHandler } from 'h3'
import { newId } from '../../shared/ids.ts'
import { config } from '../config.ts'
import type { Connection } from '../live/connections.ts'
import { greet, hasRoom } from '../live/live.ts'
import type { Talk } from '../live/talk.ts'
import { metrics } from '../metrics.ts'
import { isOwnOrigin } from '../utils/origin.ts'
import { findSession, type FoundSession } from '../utils/session.ts'

/** How long a browser may take to answer that the socket is closed. */
const farewellMs = 1000

const talks = new WeakMap<object, { talk: Talk }>()

type Peer = Parameters<NonNullable<Parameters<typeof defineWebSocketHandler>[0]['open']>>[0]

const connect = (peer: Peer, { sessionId, user }: FoundSession): Connection => {
  const socket = peer.websocket as { bufferedAmount?: number }
  return {
    id: newId(), user, sessionId, followed: new Map(),
    send: text => void peer.send(text),
    buffered: () => socket.bufferedAmount ?? 0,
    close: (code, reason) => {
      peer.close(code, reason)
      setTimeout(() => peer.terminate(), farewellMs).unref()
    },
  }
}

/** `close` may follow `error`. */
function end(peer: Peer): void {
  if (!talks.has(peer)) return
  metrics.sockets.dec()
  talks.get(peer)?.talk.end()
  talks.delete(peer)
}

export default defineWebSocketHandler({
  async upgrade(request) {
    if (!isOwnOrigin(name => request.headers.get(name), config())) throw new Response('Wrong origin', { status: 403 })
    // While the database is away, or this process is going: come back later, or elsewhere.
    const session = await findSession(new Headers(request.headers)).catch(() => { throw new Response('Please try again in a moment', { status: 503 }) })
    if (!session) throw new Response('Please sign in first', { status: 401 })
    if (!hasRoom(session.user)) throw new Response('Too many connections', { status: 429 })
    // crossws 0.4 puts this on the peer; the types are those of the version nitropack ships.
    return { context: { session } } as object
  },
  open(peer) {
    const connection = connect(peer, peer.context.session as FoundSession)
    metrics.sockets.inc()
    talks.set(peer, { talk: greet(connection) })
  },
  message: (peer, message) => talks.get(peer)?.talk.hear(message.text()),
  close: end,
  error: end,
})
