/** Waiting for a reply's end over plain HTTP: a connection like a socket's, that is told and says nothing. */
import type { ServerResponse } from 'node:http'
import { isOpen, type MessageView } from '../../shared/conversation.ts'
import { newId } from '../../shared/ids.ts'
import type { SessionUser } from '../domain/access.ts'
import { AppError } from '../domain/errors.ts'
import type { Connection } from './connections.ts'
import { greet, hasRoom } from './live.ts'

/** News may be lost: then it is looked up. */
const lookEveryMs = 5000

interface Waiting {
  conversationId: string
  waitMs: number
  /** Closes when whoever asked has left. */
  response: Pick<ServerResponse, 'once' | 'off'>
}

/** Something that may happen several times while nobody waits for it, and is then heard once. */
function openBell() {
  let rang = false
  let wake = () => {}
  return {
    ring() {
      rang = true
      wake()
    },
    async heard(withinMs: number) {
      let timer: NodeJS.Timeout | undefined
      if (!rang) await new Promise<void>((resolve) => {
        wake = resolve
        timer = setTimeout(resolve, withinMs)
      })
      clearTimeout(timer)
      rang = false
    },
  }
}

/**
 * Reads the message until it isn't open any more, at most so long. The end of the session ends the waiting, as does whoever
 * asked by leaving, and this process by going away.
 * @throws AppError `too_many_requests`, `not_signed_in`, and what `read` throws
 */
export async function waitForReply(who: { user: SessionUser, sessionId: string }, read: () => Promise<MessageView>, { conversationId, waitMs, response }: Waiting): Promise<MessageView> {
  if (!hasRoom(who.user)) throw new AppError('too_many_requests')
  const until = Date.now() + waitMs
  const bell = openBell()
  const end: { code: number | null } = { code: null }
  const connection: Connection = {
    ...who, id: newId(), followed: new Map(), buffered: () => 0,
    // Every change of one's conversations is told to all of one's connections.
    send: (text) => { if (text.includes(conversationId)) bell.ring() },
    close: (code) => {
      end.code = code
      bell.ring()
    },
  }
  const talk = greet(connection)
  const leave = () => connection.close(1000, 'gone')
  response.once('close', leave)
  try {
    for (;;) {
      const message = await read()
      // Looked at after reading: an end that came meanwhile counts.
      if (end.code === 4401) throw new AppError('not_signed_in')
      if (!isOpen(message.status) || end.code !== null || Date.now() >= until) return message
      await bell.heard(Math.min(lookEveryMs, until - Date.now()))
    }
  }
  finally {
    response.off('close', leave)
    talk.end()
  }
}
