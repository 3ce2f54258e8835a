/** Who follows which conversation on a line, and asks again when something is missing or the line is new. */
import { newId } from '../shared/ids.ts'
import type { Cursor } from '../shared/conversation.ts'
import type { Problem } from '../shared/errors.ts'
import type { Command } from '../shared/protocol.ts'

export interface Follower {
  /** Where it stands; asked at every (re)connect. */
  position(): { after: number, cursors: Record<string, Cursor> }
  refused(problem: Problem): void
}

/** One followed conversation: `again` asks for what is missing (at most once a second), `stop` ends it. */
export interface Following { again(): void, stop(): void }

interface Followed { conversationId: string, follower: Follower, askedAt: number, again?: ReturnType<typeof setTimeout> }

export const followAgainMs = 1_000

/** `send` hands a command to the line; false when there is none just now. */
export function makeFollowers(send: (command: Command) => boolean) {
  const followed = new Map<string, Followed>()
  const asked = new Map<string, Followed>()

  const ask = (entry: Followed) => {
    const id = newId()
    if (!send({ type: 'conversation.follow', id, conversationId: entry.conversationId, ...entry.follower.position() })) return
    entry.askedAt = Date.now()
    asked.set(id, entry)
  }

  function follow(conversationId: string, follower: Follower): Following {
    const entry: Followed = { conversationId, follower, askedAt: 0 }
    followed.set(conversationId, entry)
    ask(entry)
    const again = () => {
      clearTimeout(entry.again)
      const wait = entry.askedAt + followAgainMs - Date.now()
      if (wait <= 0) ask(entry)
      else entry.again = setTimeout(() => ask(entry), wait)
    }
    const stop = () => {
      clearTimeout(entry.again)
      if (followed.get(conversationId) !== entry) return
      followed.delete(conversationId)
      send({ type: 'conversation.unfollow', id: newId(), conversationId })
    }
    return { again, stop }
  }

  return {
    follow,
    askAll: () => { for (const entry of followed.values()) ask(entry) },
    /** The line is gone: no answer will come. */
    forgetAsked: () => asked.clear(),
    answered(id: string | null, problem: Problem | null) {
      const entry = id ? asked.get(id) : undefined
      if (!id || !entry) return
      asked.delete(id)
      if (problem) entry.follower.refused(problem)
    },
  }
}
