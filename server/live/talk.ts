/** What a browser says on one connection: carried out in order, answered. */
import { protocolVersion, type Command, type CommandOf } from '../../shared/protocol.ts'
import { ownConversation } from '../domain/access.ts'
import { runCommand } from '../domain/commands.ts'
import { AppError } from '../domain/errors.ts'
import { arrive, leave } from '../domain/presence.ts'
import type { Services } from '../services.ts'
import { wakeFor } from '../utils/wake.ts'
import { send, type Connection, type Connections, type Following } from './connections.ts'
import type { FanOut } from './fan-out.ts'
import { bringUpToDate } from './follow.ts'
import { openPace } from './pace.ts'
import { idOf, parseCommand, parseFrame } from './parse-command.ts'
import { endConnections } from './watches.ts'

/** Conversations one connection follows at most: a page shows one, and keeps a few warm. */
const mostFollowed = 20

export interface Live { services: Services, connections: Connections, fanOut: FanOut }

export interface Talk {
  /** Never throws: what is wrong is answered. */
  hear(text: string): void
  end(): void
}

/** Presence is a courtesy: it may fail without harm to what was asked. */
function keep(services: Services, presence: Promise<void>): void {
  presence.catch((error: unknown) => services.log.warn({ err: error }, 'presence could not be kept'))
}

async function follow({ services, connections }: Live, connection: Connection, command: CommandOf<'conversation.follow'>): Promise<void> {
  const conversation = await ownConversation(services.database.db, connection.user, command.conversationId)
  if (!connections.has(connection)) return
  const oldest = connection.followed.keys().next().value
  if (connection.followed.size >= mostFollowed && oldest !== undefined) unfollow({ services, connections }, connection, oldest)
  const following: Following = {
    connection, conversationId: conversation.id,
    // Knowing more than there is means knowing another database: start over.
    told: { seq: command.after > conversation.seq ? 0 : command.after, cursors: new Map(Object.entries(command.cursors)), held: null, overflowed: false },
  }
  connections.follow(following)
  send(connection, { type: 'command.accepted', id: command.id, answer: { conversationId: conversation.id, seq: conversation.seq } })
  keep(services, arrive(services, connection, conversation.id))
  await bringUpToDate(services, following)
}

function unfollow({ services, connections }: Pick<Live, 'services' | 'connections'>, connection: Connection, conversationId: string): void {
  if (!connection.followed.has(conversationId)) return
  connections.unfollow(connection, conversationId)
  keep(services, leave(services, connection, conversationId))
}

async function carryOut(live: Live, connection: Connection, command: Command): Promise<void> {
  switch (command.type) {
    case 'ping': send(connection, { type: 'pong', id: command.id }); return
    case 'conversation.follow': await follow(live, connection, command); return
    case 'conversation.unfollow':
      unfollow(live, connection, command.conversationId)
      send(connection, { type: 'command.accepted', id: command.id, answer: null })
      return
    default:
      send(connection, { type: 'command.accepted', id: command.id, answer: await runCommand(live.services, connection.user, command) })
      void wakeFor(live.services, command)
  }
}

async function answer(live: Live, connection: Connection, text: string): Promise<void> {
  let id: string | null = null
  try {
    const value = parseFrame(text)
    id = idOf(value)
    await carryOut(live, connection, parseCommand(value))
  }
  catch (error) {
    if (!(error instanceof AppError)) live.services.log.error({ err: error, connectionId: connection.id }, 'a command failed by a fault of ours')
    send(connection, { type: 'command.refused', id, error: (error instanceof AppError ? error : new AppError('internal')).toProblem() })
  }
}

/** Greets a new connection and listens to it. */
export function openTalk(live: Live, connection: Connection): Talk {
  const { services, connections, fanOut } = live
  const pace = openPace()
  let ended = false
  connections.add(connection)
  send(connection, { type: 'hello', protocol: protocolVersion, connectionId: connection.id, now: Date.now(), workers: fanOut.workers() ?? 1 })

  // Whoever is shown out is neither heard nor told anything from then on, however long they take to hang up.
  const hangUp = connection.close
  connection.close = (code, reason) => {
    end()
    hangUp(code, reason)
  }
  const end = () => {
    if (ended) return
    ended = true
    for (const conversationId of [...connection.followed.keys()]) unfollow(live, connection, conversationId)
    connections.remove(connection)
  }
  if (fanOut.hasEnded(connection)) endConnections([connection])
  return {
    hear(text) {
      if (ended || pace.take(text.length, async () => { if (!ended) await answer(live, connection, text) })) return
      services.log.warn({ connectionId: connection.id, userId: connection.user.id }, 'a connection was closed for flooding')
      connection.close(1008, 'too many frames')
    },
    end,
  }
}
