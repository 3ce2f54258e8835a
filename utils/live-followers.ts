/** Who follows which conversation on a line, and asks again when something is missing or the line is new. */
import { newId } from '../shared/ids.ts'
import type { Cursor } from '../shared/conversation.ts'
import type { Problem } from '../shared/errors.ts'
import type { Command } from '../shared/protocol.ts'

export interface Follower {
  /** Where it stands; asked at every (re)connect. */
  position(): { after: number, cursors: Record<string, Cursor> }
  refused(problem: Problem): void
  /** The server knows less than this follower: it was put back to an earlier state, and what is known here is void. */
  ahead?(): void
}

/** One followed conversation: `again` asks for what is missing (at most once a second), `stop` ends it. */
export interface Following { again(): void, stop(): void }

interface Followed { conversationId: string, follower: Follower, askedAt: number, again?: ReturnType<typeof setTimeout> }

export const followAgainMs = 1_000

/** `send` hands a command to the line; false when there is none just now. */
export function makeFollowers(send: (command: Command) => boolean) {
  const followed = new Map<string, Followed>()
  const asked = new Map<string, { entry: Followed, after: number }>()

  const ask = (entry: Followed) => {
    const id = newId()
    const position = entry.follower.position()
    if (!send({ type: 'conversation.follow', id, conversationId: entry.conversationId, ...position })) return
    entry.askedAt = Date.now()
    asked.set(id, { entry, after: position.after })
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
    /** The answer to a command; `seq` of the conversation when it was accepted. */
    answered(id: string | null, answer: { problem: Problem } | { seq: number | null }) {
      const asking = id ? asked.get(id) : undefined
      if (!id || !asking) return
      asked.delete(id)
      const { entry: { follower }, after } = asking
      if ('problem' in answer) follower.refused(answer.problem)
      else if (answer.seq !== null && answer.seq < after) follower.ahead?.()
    },
  }
}
