/** From the bus to the connections of this process. What it missed it reads again: the bus carries news, not truth. */
import type { Delta } from '../../shared/protocol.ts'
import type { News } from '../bus/bus.ts'
import type { Services } from '../services.ts'
import { send, type Connection, type Connections } from './connections.ts'
import { bringUpToDate, passOn } from './follow.ts'
import { openTellers } from './tellers.ts'
import { endConnections, openWatches } from './watches.ts'

export interface FanOut {
  /** How many workers live; null before it is known. */
  workers(): number | null
  /** Whether news came that this connection's session is over, while it was being opened. */
  hasEnded(connection: Connection): boolean
  close(): void
}

/** Longer than it takes from looking a session up to listening for its end. */
const endingsKeptMs = 30_000

/** Sessions and users whose end was told a moment ago. */
function openEndings() {
  const at = new Map<string, number>()
  return {
    has: (id: string) => at.has(id),
    add(ended: string) {
      const now = Date.now()
      for (const [id, since] of at) {
        if (now - since < endingsKeptMs) break
        at.delete(id)
      }
      at.set(ended, now)
    },
  }
}

function passDelta(services: Services, connections: Connections, delta: Delta): void {
  let text: string | undefined
  const serialise = () => text ??= JSON.stringify({ type: 'reply.delta', ...delta })
  for (const following of connections.followers(delta.conversationId)) passOn(services, following, delta, serialise)
}

function tellDeleted(connections: Connections, { conversationId, userId }: { conversationId: string, userId: string }): void {
  for (const connection of connections.ofUser(userId)) {
    connections.unfollow(connection, conversationId)
    send(connection, { type: 'conversation.deleted', conversationId })
  }
}

type Hearing = { [T in News['type']]: (news: Extract<News, { type: T }>) => void }

export function openFanOut(services: Services, connections: Connections): FanOut {
  const tellers = openTellers(services, connections)
  const watches = openWatches(services, connections, tellers)
  const endings = openEndings()
  const hearing: Hearing = {
    'deltas': ({ deltas }) => { for (const delta of deltas) passDelta(services, connections, delta) },
    'changed': ({ conversationId, userId }) => tellers.changed(userId, conversationId),
    'deleted': news => tellDeleted(connections, news),
    'queue': ({ model }) => tellers.line(model),
    'media': ({ mediaId, userId, conversationId }) => tellers.media(mediaId, userId, conversationId),
    'presence': ({ conversationId }) => tellers.presence(conversationId),
    'session.ended': ({ sessionId }) => {
      endings.add(sessionId)
      endConnections([...connections.all()].filter(connection => connection.sessionId === sessionId))
    },
    'user.ended': ({ userId }) => {
      endings.add(userId)
      endConnections(connections.ofUser(userId))
    },
    'workers': () => { watches.countWorkers().catch((error: unknown) => services.log.warn({ err: error }, 'workers could not be counted')) },
    // For writers.
    'stop': () => {},
  }
  const hear = <T extends News['type']>(news: Extract<News, { type: T }>) => hearing[news.type as T](news)
  const reread = () => {
    for (const connection of connections.all())
      for (const following of connection.followed.values()) void bringUpToDate(services, following)
    // The end of a session may be among what was missed.
    watches.checkSessions()
  }
  const unsubscribe = [services.bus.subscribe(hear), services.bus.onGap(reread)]
  return {
    workers: watches.workers,
    hasEnded: ({ sessionId, user }) => endings.has(sessionId) || endings.has(user.id),
    close() {
      watches.close()
      for (const stop of unsubscribe) stop()
    },
  }
}
