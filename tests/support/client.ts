/**
 * A client of Parley without a browser, for tests, chaos and bench: sessions by cookie, sockets, and a watcher that
 * keeps a conversation's text with the very reducer the page uses.
 */
import WebSocket from 'ws'
import type { MessageView, Snapshot } from '../../shared/conversation.ts'
import { newId } from '../../shared/ids.ts'
import type { Answer, ChangeCommand, Command, LiveEvent } from '../../shared/protocol.ts'
import type { PublicUser } from '../../shared/user.ts'
import { applyEvent, applySnapshot, emptyConversation, positionOf, viewMessage, type ConversationState } from '../../utils/apply-event.ts'
import { until } from './until.ts'

export interface Session {
  url: string
  cookie: string
  user: PublicUser
  /** A request as this user. Never throws for a status. */
  request<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<{ status: number, body: T }>
  /** The same user at another web process. */
  at(url: string): Session
}

/** `address` is told as x-forwarded-for, for servers that trust the loopback as a proxy: limits count per address. */
interface Visitor { address?: string }

const headersOf = (url: string, { address }: Visitor, cookie?: string) => ({
  origin: url, ...(cookie ? { cookie } : {}), ...(address ? { 'x-forwarded-for': address } : {}),
})

async function signInWith(url: string, path: string, body: unknown, visitor: Visitor, cookie?: string): Promise<Session> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json', ...headersOf(url, visitor, cookie) }, body: JSON.stringify(body),
  })
  const answer = await response.json() as { user: PublicUser }
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${JSON.stringify(answer)}`)
  return openSession(url, response.headers.getSetCookie().map(line => line.split(';')[0]).join('; '), answer.user, visitor)
}

function openSession(url: string, cookie: string, user: PublicUser, visitor: Visitor): Session {
  return {
    url, cookie, user,
    at: elsewhere => openSession(elsewhere, cookie, user, visitor),
    request: async <T>(method: string, path: string, body?: unknown) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...headersOf(url, visitor, cookie), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: await response.json().catch(() => ({})) as T }
    },
  }
}

export const signInAsGuest = (url: string, visitor: Visitor = {}): Promise<Session> => signInWith(url, '/api/auth/sign-in/anonymous', {}, visitor)

/** Sends bytes as a page does when the store is out of its reach. */
export const sendContent = (session: Session, path: string, bytes: Uint8Array, mime: string): Promise<Response> =>
  fetch(`${session.url}${path}`, { method: 'PUT', headers: { 'content-type': mime, ...headersOf(session.url, {}, session.cookie) }, body: new Uint8Array(bytes) })

export interface Socket {
  /** Every event so far, oldest first (not kept with `keep: false`). */
  events: LiveEvent[]
  on(listener: (event: LiveEvent) => void): void
  send(command: Command): void
  /** Whatever bytes one likes. */
  sendRaw(frame: string | Buffer): void
  /** Sends a change and waits for its answer. @throws Error with the refusal's code as its message. */
  change(command: ChangeCommand): Promise<Answer>
  /** Close code, once it is closed. */
  closed: Promise<number>
  isOpen(): boolean
  close(): void
  /** Cuts the connection without a word. */
  drop(): void
}

/** Opens a socket and waits for its hello. */
export async function openSocket(session: Session, { keep = true, visitor = {} }: { keep?: boolean, visitor?: Visitor } = {}): Promise<Socket> {
  const socket = new WebSocket(`${session.url.replace('http', 'ws')}/ws`, { headers: headersOf(session.url, visitor, session.cookie), perMessageDeflate: false })
  const events: LiveEvent[] = []
  const listeners = new Set<(event: LiveEvent) => void>()
  const closed = new Promise<number>(resolve => socket.once('close', resolve))
  const greeted = new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', code => reject(new Error(`closed with ${code} before the hello`)))
    socket.on('message', (data) => {
      const event = JSON.parse(String(data)) as LiveEvent
      if (keep) events.push(event)
      if (event.type === 'hello') resolve()
      for (const listener of listeners) listener(event)
    })
  })
  await greeted
  socket.on('error', () => {})
  const sendRaw = (frame: string | Buffer) => { if (socket.readyState === WebSocket.OPEN) socket.send(frame) }
  const change = (command: ChangeCommand) => new Promise<Answer>((resolve, reject) => {
    const listener = (event: LiveEvent) => {
      if ((event.type !== 'command.accepted' && event.type !== 'command.refused') || event.id !== command.id) return
      listeners.delete(listener)
      if (event.type === 'command.accepted' && event.answer) resolve(event.answer)
      else reject(new Error(event.type === 'command.refused' ? event.error.code : 'accepted without an answer'))
    }
    listeners.add(listener)
    void closed.then(code => reject(new Error(`closed with ${code} before the answer`)))
    sendRaw(JSON.stringify(command))
  })
  return {
    events, closed, change, sendRaw,
    on: listener => void listeners.add(listener),
    send: command => sendRaw(JSON.stringify(command)),
    isOpen: () => socket.readyState === WebSocket.OPEN,
    close: () => socket.close(),
    drop: () => socket.terminate(),
  }
}

/** A new message to a (new) conversation. */
export function messageSend(content: string, more: Partial<Extract<ChangeCommand, { type: 'message.send' }>> = {}) {
  return { type: 'message.send' as const, id: newId(), conversationId: newId(), messageId: newId(), replyId: newId(), content, mediaIds: [], ...more }
}

export interface Watcher {
  state(): ConversationState
  message(id: string): MessageView | null
  /** Text of a message as this client has put it together. */
  text(id: string): string
  /** Connects (again), optionally at another web process, and follows from where it stands. */
  connect(session?: Session): Promise<Socket>
  /** Cuts its connection without a word. */
  drop(): void
  close(): void
}

/** Watches one conversation as a page does. Reconnecting is up to the caller; asking for what is missing is not. `changed` is called after every step. */
export function watch(first: Session, conversationId: string, changed: (watcher: Watcher) => void = () => {}): Watcher {
  let session = first
  let socket: Socket | undefined
  let state = emptyConversation()
  const follow = () => socket?.send({ type: 'conversation.follow', id: newId(), conversationId, ...positionOf(state) })
  const fill = async () => {
    const needs = state.needs
    state = { ...state, needs: 'nothing' }
    if (needs === 'snapshot') {
      // A server that is away answers nothing: the next connection asks again.
      const answer = await session.request<Snapshot>('GET', `/api/conversations/${conversationId}`).catch(() => null)
      if (answer?.status === 200) state = applySnapshot(state, answer.body)
      changed(watcher)
    }
    follow()
  }
  const take = (event: LiveEvent) => {
    if ('conversationId' in event && event.conversationId !== conversationId) return
    if ('conversation' in event && event.conversation.id !== conversationId) return
    state = applyEvent(state, event)
    changed(watcher)
    if (state.needs !== 'nothing') void fill()
  }
  const watcher: Watcher = {
    state: () => state,
    message: id => viewMessage(state, id),
    text: id => viewMessage(state, id)?.content ?? '',
    connect: async (elsewhere) => {
      session = elsewhere ?? session
      socket?.drop()
      const opened = await openSocket(session, { keep: false })
      socket = opened
      opened.on(event => socket === opened && take(event))
      follow()
      return opened
    },
    drop: () => socket?.drop(),
    close: () => socket?.close(),
  }
  return watcher
}

/** A message as the server has it. */
export async function readMessage(session: Session, conversationId: string, messageId: string): Promise<MessageView | undefined> {
  const { body } = await session.request<Snapshot>('GET', `/api/conversations/${conversationId}`)
  return body.messages?.find(message => message.id === messageId)
}

/** Waits until the server says that a reply has ended, and returns it. */
export const untilEnded = (session: Session, conversationId: string, replyId: string, withinMs = 30_000): Promise<MessageView> =>
  until(async () => {
    const message = await readMessage(session, conversationId, replyId)
    return message && ['done', 'stopped', 'failed'].includes(message.status) ? message : undefined
  }, { what: 'the reply to end', withinMs })
