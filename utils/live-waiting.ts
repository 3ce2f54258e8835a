/** Commands that wait for their answer. */
import type { Problem } from '../shared/errors.ts'
import type { Answer, EventOf } from '../shared/protocol.ts'
import { LostError, RefusedError } from './problems.ts'

interface Waiting { resolve(answer: Answer | null): void, reject(error: Error): void, deadline: ReturnType<typeof setTimeout> }

/** Keeps what waits; each is answered, refused, late (after `answerMs`) or lost with the line. */
export function makeWaiting(answerMs: number) {
  const waiting = new Map<string, Waiting>()
  const end = (id: string) => {
    const entry = waiting.get(id)
    waiting.delete(id)
    clearTimeout(entry?.deadline)
    return entry
  }
  return {
    wait: (id: string) => new Promise<Answer | null>((resolve, reject) => {
      const deadline = setTimeout(() => end(id)?.reject(new LostError('No answer came')), answerMs)
      waiting.set(id, { resolve, reject, deadline })
    }),
    settle(event: EventOf<'command.accepted'> | EventOf<'command.refused'>) {
      const entry = event.id ? end(event.id) : undefined
      if (event.type === 'command.accepted') entry?.resolve(event.answer)
      else entry?.reject(new RefusedError(event.error as Problem))
    },
    loseAll() {
      for (const id of [...waiting.keys()]) end(id)?.reject(new LostError('The line broke'))
    },
  }
}
