/** The live connections of this process: sockets and event streams alike. */
import type { SessionUser } from '../domain/access.ts'
import type { LiveEvent } from '../../shared/protocol.ts'
import type { Told } from './told.ts'

/** What a transport gives: `server/routes/ws.ts` and `server/api/live.get.ts`. */
export interface Transport {
  /** Sends one serialised event. */
  send(text: string): void
  /** Bytes that were sent but haven't left this process. */
  buffered(): number
  /** `code` as in RFC 6455 §7.4. */
  close(code: number, reason: string): void
}

/** One connection that is told one conversation. */
export interface Following {
  connection: Connection
  conversationId: string
  told: Told
}

export interface Connection extends Transport {
  id: string
  user: SessionUser
  sessionId: string
  followed: Map<string, Following>
}

/** Bytes in a connection's buffer from which deltas wait: it is brought up to date when it has caught its breath. */
export const slowAt = 1024 * 1024
/** Bytes at which a connection that reads nothing is closed. */
const deadAt = 16 * 1024 * 1024

export interface Connections {
  add(connection: Connection): void
  remove(connection: Connection): void
  has(connection: Connection): boolean
  follow(following: Following): void
  unfollow(connection: Connection, conversationId: string): void
  all(): Iterable<Connection>
  ofUser(userId: string): Iterable<Connection>
  followers(conversationId: string): Iterable<Following>
  followed(): Iterable<string>
  readonly size: number
}

const none: readonly never[] = []

function addTo<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const set = map.get(key)
  if (set) set.add(value)
  else map.set(key, new Set([value]))
}

function removeFrom<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const set = map.get(key)
  set?.delete(value)
  if (set?.size === 0) map.delete(key)
}

export function openConnections(): Connections {
  const all = new Set<Connection>()
  const byUser = new Map<string, Set<Connection>>()
  const byConversation = new Map<string, Set<Following>>()
  const connections: Connections = {
    add(connection) {
      all.add(connection)
      addTo(byUser, connection.user.id, connection)
    },
    remove(connection) {
      for (const id of [...connection.followed.keys()]) connections.unfollow(connection, id)
      all.delete(connection)
      removeFrom(byUser, connection.user.id, connection)
    },
    has: connection => all.has(connection),
    follow(following) {
      connections.unfollow(following.connection, following.conversationId)
      following.connection.followed.set(following.conversationId, following)
      addTo(byConversation, following.conversationId, following)
    },
    unfollow(connection, conversationId) {
      const following = connection.followed.get(conversationId)
      if (!following) return
      connection.followed.delete(conversationId)
      removeFrom(byConversation, conversationId, following)
    },
    all: () => all,
    ofUser: userId => byUser.get(userId) ?? none,
    followers: conversationId => byConversation.get(conversationId) ?? none,
    followed: () => byConversation.keys(),
    get size() { return all.size },
  }
  return connections
}

export function send(connection: Connection, event: LiveEvent): void {
  sendText(connection, JSON.stringify(event))
}

/** For events that go to many: serialised once. */
export function sendText(connection: Connection, text: string): void {
  connection.send(text)
  if (connection.buffered() > deadAt) connection.close(1013, 'too slow')
}
