/** The bus of one process: listeners are called before `publish` returns. */
import type { Log } from '../log.ts'
import type { Bus } from './bus.ts'
import { openHub } from './hub.ts'

export function openInProcessBus({ log }: { log?: Pick<Log, 'error'> } = {}): Bus {
  const hub = openHub(log)
  let closed = false
  return {
    publish: async (news) => { if (!closed) hub.deliver(news) },
    subscribe: hub.subscribe,
    onGap: hub.onGap,
    ready: Promise.resolve(),
    close: async () => {
      closed = true
      hub.clear()
    },
  }
}
