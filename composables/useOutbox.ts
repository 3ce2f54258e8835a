import type { MediaView } from '~~/shared/media'
import type { ChangeCommand } from '~~/shared/protocol'
import { outboxKeep } from '~/utils/browser-keep'
import { openOutbox, type Outbox, type OutboxEntry } from '~/utils/outbox'
import { RefusedError } from '~/utils/problems'

/** The tab's one outbox; opened by plugins/line.client.ts for whoever is signed in. */
let outbox: Outbox | undefined
const entries = shallowRef<OutboxEntry[]>([])

/** Runs while no other tab does; where pages are served without https there are no locks, and ids keep doubles harmless. */
const exclusively = (name: string, run: () => Promise<void>): Promise<void> =>
  'locks' in navigator ? navigator.locks.request(name, run) as unknown as Promise<void> : run()

interface Opening {
  userId: string
  /** What was kept is not in the server's page, so it is laid over it only once that has been taken over. */
  hydrated: Promise<unknown>
  prepare(entry: OutboxEntry): Promise<void>
  refused(error: RefusedError): void
}

/** Opens the outbox of a user. What was kept goes as soon as there is a line. */
export function openUserOutbox({ userId, hydrated, prepare, refused }: Opening): () => void {
  const { line, on } = useSocket()
  const facts = useLineFacts()
  const channel = new BroadcastChannel('parley:outbox')
  let latest: OutboxEntry[] | undefined
  let mayShow = false
  const show = () => { if (mayShow && latest) entries.value = latest }
  void hydrated.then(() => {
    mayShow = true
    show()
  })
  const opened = openOutbox({
    userId, prepare, exclusively,
    keep: outboxKeep(() => channel.postMessage('changed')),
    deliver: command => line.request(command),
    isUp: () => facts.value.state === 'online',
    changed: (changed) => {
      latest = changed
      show()
    },
    refused: (_, problem) => refused(new RefusedError(problem)),
  })
  outbox = opened
  channel.onmessage = () => opened.reload()
  const off = on(event => event.type === 'hello' && opened.flush())
  opened.reload().then(() => opened.flush())
  return () => {
    off()
    channel.close()
    opened.close()
    latest = undefined
    entries.value = []
  }
}

/** Commands on their way, and the one way to send one. */
export function useOutbox() {
  const send = async (command: ChangeCommand, extra?: { media?: MediaView[], notBefore?: number }) => outbox?.add(command, extra)
  return {
    /** Oldest first. */
    entries,
    send,
    again: async (commandId: string) => outbox?.again(commandId),
    discard: async (commandId: string) => outbox?.discard(commandId),
    /** Rows up to `seq` are here. */
    settle: (conversationId: string, seq: number) => outbox?.settle(conversationId, seq),
  }
}
