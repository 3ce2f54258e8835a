/** What a browser says on one connection: parsed, slowed when it is too fast, carried out in order, answered. */
import { setTimeout as wait } from 'node:timers/promises'
import type { z } from 'zod'
import { ChangeCommand, Command, frameLimits, protocolVersion, type CommandOf } from '../../shared/protocol.ts'
import { ownConversation } from '../domain/access.ts'
import { runCommand } from '../domain/commands.ts'
import { AppError } from '../domain/errors.ts'
import type { Services } from '../services.ts'
import { send, type Connection, type Connections, type Following } from './connections.ts'
import type { FanOut } from './fan-out.ts'
import { bringUpToDate } from './follow.ts'
import { arrive, leave } from './presence.ts'

/** Frames a connection may send at once, and how many a second after that. */
const burst = 60
const perSecond = 30
/** What may wait to be heard; a connection that sends more without waiting is a flood. */
const mostWaiting = 400
const mostWaitingBytes = 8 * 1024 * 1024
/** Conversations one connection follows at most: a page shows one, and keeps a few warm. */
const mostFollowed = 20

export interface Live { services: Services, connections: Connections, fanOut: FanOut }

export interface Talk {
  /** Never throws: what is wrong is answered. */
  hear(text: string): void
  end(): void
}

/** A command from outside. @throws AppError `invalid_input` naming the field. */
export function parseCommand(value: unknown): Command {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined
  // The union of all reports every alternative; the change commands are told apart by their type, and so are the rest.
  const schema: z.ZodType<Command> = followTypes.has(type) ? Command : ChangeCommand
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = deepest(parsed.error.issues)
  throw new AppError('invalid_input', { details: { problem: issue.message }, ...(issue.path.length > 0 ? { field: issue.path.join('.') } : {}) })
}

const followTypes = new Set<unknown>(['conversation.follow', 'conversation.unfollow', 'ping'])

/** Of a union's complaint, the one about the alternative that fits best: the last, which got furthest. */
function deepest(issues: readonly z.core.$ZodIssue[]): { message: string, path: PropertyKey[] } {
  const [first] = issues
  if (first?.code === 'invalid_union' && first.errors.length > 0) {
    const best = [...first.errors].sort((a, b) => a.length - b.length).find(list => list.length > 0 && !list.some(issue => issue.path[0] === 'type'))
    if (best) return deepest(best)
  }
  return { message: first?.message ?? 'it does not fit', path: [...(first?.path ?? [])] }
}

/** Greets a new connection and listens to it. */
export function openTalk({ services, connections, fanOut }: Live, connection: Connection): Talk {
  const { log } = services
  let tokens = burst
  let refilledAt = Date.now()
  let waiting = 0
  let waitingBytes = 0
  let last: Promise<void> = Promise.resolve()
  let ended = false

  connections.add(connection)
  send(connection, { type: 'hello', protocol: protocolVersion, connectionId: connection.id, now: Date.now(), workers: fanOut.workers() ?? 1 })

  const presence = (work: Promise<void>) => {
    work.catch(error => log.warn({ err: error }, 'presence could not be kept'))
  }

  const follow = async (command: CommandOf<'conversation.follow'>) => {
    const conversation = await ownConversation(services.database.db, connection.user, command.conversationId)
    if (ended) return
    const oldest = connection.followed.keys().next().value
    if (connection.followed.size >= mostFollowed && oldest !== undefined) unfollow(oldest)
    const following: Following = {
      connection, conversationId: conversation.id,
      // Knowing more than there is means knowing another database: start over.
      told: { seq: command.after > conversation.seq ? 0 : command.after, cursors: new Map(Object.entries(command.cursors)), held: null, overflowed: false },
    }
    connections.follow(following)
    send(connection, { type: 'command.accepted', id: command.id, answer: { conversationId: conversation.id, seq: conversation.seq } })
    await bringUpToDate(services, following)
    presence(arrive(services, connection, conversation.id))
  }

  const unfollow = (conversationId: string) => {
    if (!connection.followed.has(conversationId)) return
    connections.unfollow(connection, conversationId)
    presence(leave(services, connection, conversationId))
  }

  const carryOut = async (command: Command): Promise<void> => {
    if (command.type === 'ping') send(connection, { type: 'pong', id: command.id })
    else if (command.type === 'conversation.follow') await follow(command)
    else if (command.type === 'conversation.unfollow') {
      unfollow(command.conversationId)
      send(connection, { type: 'command.accepted', id: command.id, answer: null })
    }
    else send(connection, { type: 'command.accepted', id: command.id, answer: await runCommand(services, connection.user, command) })
  }

  const take = async () => {
    const now = Date.now()
    tokens = Math.min(burst, tokens + (now - refilledAt) / 1000 * perSecond)
    refilledAt = now
    tokens -= 1
    if (tokens < 0) await wait(-tokens / perSecond * 1000)
  }

  const answer = async (text: string) => {
    await take()
    if (ended) return
    let id: string | null = null
    try {
      if (Buffer.byteLength(text) > frameLimits.maxBytes) throw new AppError('too_large')
      const value = parseJson(text)
      id = idOf(value)
      await carryOut(parseCommand(value))
    }
    catch (error) {
      if (!(error instanceof AppError)) log.error({ err: error, connectionId: connection.id }, 'a command failed by a fault of ours')
      if (!ended) send(connection, { type: 'command.refused', id, error: (error instanceof AppError ? error : new AppError('internal')).toProblem() })
    }
  }

  return {
    hear(text) {
      waiting += 1
      waitingBytes += text.length
      if (waiting > mostWaiting || waitingBytes > mostWaitingBytes) {
        if (!ended) log.warn({ connectionId: connection.id, userId: connection.user.id }, 'a connection was closed for flooding')
        this.end()
        connection.close(1008, 'too many frames')
        return
      }
      last = last.then(() => answer(text)).finally(() => {
        waiting -= 1
        waitingBytes -= text.length
      })
    },
    end() {
      if (ended) return
      ended = true
      for (const conversationId of [...connection.followed.keys()]) unfollow(conversationId)
      connections.remove(connection)
    },
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  }
  catch (cause) {
    throw new AppError('invalid_input', { details: { problem: 'it is not JSON' }, cause })
  }
}

/** The command's id, so that a refusal finds its way; only when it looks like one. */
const idOf = (value: unknown): string | null =>
  typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string' && /^[0-9a-f-]{36}$/.test(value.id) ? value.id : null
