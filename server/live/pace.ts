/** Holds one connection to a pace: what comes too fast waits its turn, and a flood is refused. */
import { setTimeout as wait } from 'node:timers/promises'

/** Frames a connection may send at once, and how many a second after that. */
const burst = 60
const perSecond = 30
/** What may wait to be heard. */
const mostWaiting = 400
const mostWaitingBytes = 8 * 1024 * 1024

export interface Pace {
  /** Runs `work` after everything before it, not faster than the pace; false when too much waits already. */
  take(bytes: number, work: () => Promise<void>): boolean
}

export function openPace(): Pace {
  let tokens = burst
  let refilledAt = Date.now()
  let waiting = 0
  let waitingBytes = 0
  let last: Promise<void> = Promise.resolve()

  const turn = async () => {
    const now = Date.now()
    tokens = Math.min(burst, tokens + (now - refilledAt) / 1000 * perSecond) - 1
    refilledAt = now
    if (tokens < 0) await wait(-tokens / perSecond * 1000)
  }
  return {
    take(bytes, work) {
      if (waiting >= mostWaiting || waitingBytes + bytes > mostWaitingBytes) return false
      waiting += 1
      waitingBytes += bytes
      last = last.then(turn).then(work).finally(() => {
        waiting -= 1
        waitingBytes -= bytes
      })
      return true
    },
  }
}
