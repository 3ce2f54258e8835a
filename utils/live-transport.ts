/** The two roads of the live protocol: a socket, or server-sent events with commands by POST where sockets are blocked. */
import type { Command, CommandOf, LiveEvent } from '../shared/protocol.ts'
import { findProblem } from './problems.ts'

export interface Transport {
  /** Hands a command over; what became of it comes back as an event, or `lost` when the road broke. */
  send(command: Command): void
  close(): void
}

export interface TransportHandlers {
  event(event: LiveEvent): void
  /** It never opened, or broke. Never called before the transport was given back. */
  lost(): void
}

export type OpenTransport = (handlers: TransportHandlers) => Transport

/** A socket at `url` (ws: or wss:). */
export const socketTransport = (url: string): OpenTransport => (handlers) => {
  const socket = new WebSocket(url)
  let over = false
  const end = () => {
    if (over) return
    over = true
    handlers.lost()
  }
  socket.onmessage = (message) => {
    if (!over) handlers.event(JSON.parse(String(message.data)) as LiveEvent)
  }
  socket.onclose = end
  socket.onerror = end
  return {
    send: (command) => { if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command)) },
    close: () => { over = true; socket.close() },
  }
}

const addressOf = (base: string, follow: CommandOf<'conversation.follow'> | null) => {
  if (!follow) return base
  const query = new URLSearchParams({ id: follow.id, conversation: follow.conversationId, after: String(follow.after), cursors: JSON.stringify(follow.cursors) })
  return `${base}?${query}`
}

async function post(url: string, command: Command): Promise<LiveEvent | null> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(command) })
  const body = await response.json().catch(() => null)
  if (response.ok) return { type: 'command.accepted', id: command.id, answer: body?.answer ?? null }
  const problem = findProblem({ data: body })
  return problem ? { type: 'command.refused', id: command.id, error: problem } : null
}

/** Server-sent events from `liveUrl`, one followed conversation at a time; commands to `commandsUrl`. */
export const eventsTransport = (liveUrl: string, commandsUrl: string): OpenTransport => (handlers) => {
  let source: EventSource | null = null
  let reopening: ReturnType<typeof setTimeout> | undefined
  let followed: CommandOf<'conversation.follow'> | null = null
  let over = false
  const close = () => {
    over = true
    clearTimeout(reopening)
    source?.close()
  }
  const open = () => {
    source?.close()
    source = new EventSource(addressOf(liveUrl, followed))
    source.onmessage = message => handlers.event(JSON.parse(String(message.data)) as LiveEvent)
    // The browser's own retry would repeat an outdated position: we reopen ourselves.
    source.onerror = () => {
      if (over) return
      close()
      handlers.lost()
    }
  }
  // Leaving one conversation and entering another come as a pair; one new stream serves both.
  const reopen = () => {
    clearTimeout(reopening)
    reopening = setTimeout(() => { if (!over) open() }, 20)
  }
  open()
  const send = (command: Command) => {
    if (command.type === 'ping') return handlers.event({ type: 'pong', id: command.id })
    if (command.type === 'conversation.follow' || command.type === 'conversation.unfollow') {
      if (command.type === 'conversation.unfollow' && followed?.conversationId !== command.conversationId) return
      followed = command.type === 'conversation.follow' ? command : null
      return reopen()
    }
    post(commandsUrl, command).then(event => event && !over && handlers.event(event), () => {})
  }
  return { send, close }
}
