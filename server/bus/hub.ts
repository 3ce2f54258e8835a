/** Hands news to the listeners of this process. What both buses stand on. */
import type { Log } from '../log.ts'
import type { News } from './bus.ts'

export interface Hub {
  deliver(news: News): void
  gap(): void
  subscribe(listener: (news: News) => void): () => void
  onGap(listener: () => void): () => void
  clear(): void
}

/** A listener that throws is logged and harms nobody. News published by a listener waits until the present one is delivered to all, so order holds. */
export function openHub(log: Pick<Log, 'error'> | undefined): Hub {
  const listeners = new Set<(news: News) => void>()
  const gapListeners = new Set<() => void>()
  const waiting: News[] = []
  let delivering = false

  const guarded = (call: () => void) => {
    try { call() }
    catch (err) { log?.error({ err }, 'a listener of the bus failed') }
  }
  const tell = (news: News) => {
    for (const listener of [...listeners]) if (listeners.has(listener)) guarded(() => listener(news))
  }
  const add = <T>(set: Set<T>, listener: T) => {
    set.add(listener)
    return () => { set.delete(listener) }
  }

  return {
    deliver(news) {
      if (delivering) { waiting.push(news); return }
      delivering = true
      for (let next: News | undefined = news; next; next = waiting.shift()) tell(next)
      delivering = false
    },
    gap() {
      for (const listener of [...gapListeners]) guarded(listener)
    },
    // Each subscription is its own, also when the same function is given twice.
    subscribe: listener => add(listeners, news => listener(news)),
    onGap: listener => add(gapListeners, () => listener()),
    clear() {
      listeners.clear()
      gapListeners.clear()
      waiting.length = 0
    },
  }
}
