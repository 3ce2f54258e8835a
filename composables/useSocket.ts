import type { EventOf, LiveEvent } from '~~/shared/protocol'
import { makeLine, type LineState, type LineTransport, type LiveLine } from '~/utils/live-line'
import { eventsTransport, socketTransport } from '~/utils/live-transport'

interface LineFacts { state: LineState, transport: LineTransport, workers: number }

/** The tab's one line. It exists in the browser only; made when first asked for, connected by plugins/line.client.ts. */
let line: LiveLine | undefined
const facts = shallowRef<LineFacts>({ state: 'connecting', transport: 'socket', workers: 1 })
const listeners = new Set<(event: LiveEvent) => void>()

const told = (event: EventOf<'hello'> | EventOf<'workers.changed'>) => { facts.value = { ...facts.value, workers: event.workers } }

function openOnce(): LiveLine {
  if (line) return line
  const { protocol, host } = window.location
  line = makeLine({
    transports: {
      socket: socketTransport(`${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}/ws`),
      events: eventsTransport('/api/live', '/api/commands'),
    },
    event: (event) => {
      if (event.type === 'hello' || event.type === 'workers.changed') told(event)
      for (const listener of listeners) listener(event)
    },
    state: (state, transport) => { facts.value = { ...facts.value, state, transport } },
  })
  return line
}

/** Sends commands, follows conversations, and hears every event. In the browser only. */
export function useSocket() {
  const on = (listener: (event: LiveEvent) => void) => {
    listeners.add(listener)
    return () => { listeners.delete(listener) }
  }
  return { line: openOnce(), on }
}

/** What is known of the line, for the server's rendering too. */
export const useLineFacts = () => facts
