/**
 * Change commands on their way. Each is kept in the browser before it is sent, so it survives a reload, a crash and a
 * dead network; it goes once and in order per conversation, whichever tab is there to send it.
 */
import { newId } from '../shared/ids.ts'
import type { Problem } from '../shared/errors.ts'
import type { MediaView } from '../shared/media.ts'
import type { Answer, ChangeCommand } from '../shared/protocol.ts'
import { LostError, RefusedError, isPassing } from './problems.ts'

export interface OutboxEntry {
  command: ChangeCommand
  userId: string
  /** Epoch milliseconds. */
  at: number
  /** Not sent before this moment (what can still be undone). */
  notBefore: number | null
  /** `accepted` entries live in memory only, until the server's own row is here. */
  state: 'kept' | 'sending' | 'accepted' | 'refused'
  problem: Problem | null
  /** `seq` of the answer, when accepted. */
  seq: number | null
  /** What the message carries, as shown until the server's row comes. */
  media: MediaView[]
}

/** Where entries are kept. Several tabs share one. */
export interface Keep {
  list(): Promise<OutboxEntry[]>
  put(entry: OutboxEntry): Promise<void>
  remove(id: string): Promise<void>
}

export interface OutboxOptions {
  userId: string
  keep: Keep
  /** Rejects with `RefusedError` or `LostError`. */
  deliver(command: ChangeCommand): Promise<Answer | null>
  /** Does what must come first (uploads). Rejects like `deliver`. */
  prepare(entry: OutboxEntry): Promise<void>
  isUp(): boolean
  /** Runs while no other tab runs under the same name. */
  exclusively(name: string, run: () => Promise<void>): Promise<void>
  changed(entries: OutboxEntry[]): void
  /** A refusal of something that leaves no mark in the page. */
  refused(command: ChangeCommand, problem: Problem): void
}

export interface Outbox {
  /** Resolves when it is kept, before it is sent. */
  add(command: ChangeCommand, extra?: { media?: MediaView[], notBefore?: number }): Promise<void>
  again(commandId: string): Promise<void>
  discard(commandId: string): Promise<void>
  /** Sends what can be sent. */
  flush(): void
  /** Reads anew what is kept (another tab may have changed it). */
  reload(): Promise<void>
  /** The server's rows up to `seq` are here: accepted entries have done their duty. */
  settle(conversationId: string, seq: number): void
  entries(): OutboxEntry[]
  close(): void
}

/** Pause before something that was refused only for the moment is tried again. */
const passingPauseMs = 3_000

/** Commands that carry a person's words: these stay, marked, when they are refused. */
export const carriesText = (command: ChangeCommand): boolean => command.type === 'message.send' || command.type === 'message.edit'

/** The entries as this tab sees them, over those that are stored for all tabs. */
function makeShelf({ keep, userId, changed }: Pick<OutboxOptions, 'keep' | 'userId' | 'changed'>) {
  const entries = new Map<string, OutboxEntry>()
  /** Ids known to be in storage: only these can have been taken away by another tab. */
  const stored = new Set<string>()
  /** Done with here, though storage may still say otherwise for a moment. */
  const forgotten = new Set<string>()
  let closed = false
  const ordered = () => [...entries.values()].sort((a, b) => a.command.id < b.command.id ? -1 : 1)
  const tell = () => { if (!closed) changed(ordered()) }

  function set(entry: OutboxEntry, change: Partial<OutboxEntry> = {}): OutboxEntry {
    const next = { ...entry, ...change }
    entries.set(entry.command.id, next)
    tell()
    return next
  }
  // A browser without storage (private windows of some) still sends; it only cannot keep.
  const store = (entry: OutboxEntry) => keep.put(entry).then(() => { stored.add(entry.command.id) }, () => {})
  const unstore = (id: string) => keep.remove(id).catch(() => {})
  function forget(ids: Iterable<string>) {
    for (const id of ids) {
      entries.delete(id)
      forgotten.add(id)
    }
    tell()
  }

  async function reload() {
    const gone = new Set(stored)
    const kept = await keep.list().catch(() => null)
    if (!kept) return
    for (const entry of kept.filter(entry => entry.userId === userId && !forgotten.has(entry.command.id))) {
      const { id } = entry.command
      gone.delete(id)
      stored.add(id)
      const state = entries.get(id)?.state
      if (state !== 'sending' && state !== 'accepted') entries.set(id, entry)
    }
    for (const id of gone) stored.delete(id)
    forget([...gone].filter(id => entries.get(id)?.state !== 'accepted'))
  }

  return { ordered, set, store, unstore, forget, reload, get: (id: string) => entries.get(id), close: () => { closed = true } }
}

type Shelf = ReturnType<typeof makeShelf>

/** What became of one delivery: the next may go, or the line is gone, or it is tried again in a while. */
type Outcome = 'next' | 'wait' | 'again'

async function failed(options: OutboxOptions, shelf: Shelf, entry: OutboxEntry, error: unknown): Promise<Outcome> {
  const { command } = entry
  if (!shelf.get(command.id)) return 'next'
  if (!(error instanceof RefusedError) || isPassing(error.problem)) {
    shelf.set(entry, { state: 'kept' })
    // What is neither a refusal nor a loss is a bug of ours: it must be seen, and the words stay kept.
    if (!(error instanceof RefusedError || error instanceof LostError)) reportError(error)
    return error instanceof RefusedError || options.isUp() ? 'again' : 'wait'
  }
  if (carriesText(command)) await shelf.store(shelf.set(entry, { state: 'refused', problem: error.problem }))
  else {
    shelf.forget([command.id])
    await shelf.unstore(command.id)
    options.refused(command, error.problem)
  }
  return 'next'
}

async function deliver(options: OutboxOptions, shelf: Shelf, kept: OutboxEntry): Promise<Outcome> {
  const { id } = kept.command
  const entry = shelf.set(kept, { state: 'sending' })
  try {
    await options.prepare(entry)
    const answer = await options.deliver(entry.command)
    const current = shelf.get(id)
    if (current) shelf.set(current, { state: 'accepted', seq: answer?.seq ?? 0 })
    await shelf.unstore(id)
    return 'next'
  }
  catch (error) {
    return failed(options, shelf, entry, error)
  }
}

/** Sends what is kept, in order per conversation. */
function makeDelivery(options: OutboxOptions, shelf: Shelf) {
  const running = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let flushAt = Infinity
  let closed = false

  /** Flushes in `ms`, or earlier when that is planned already. */
  const later = (ms: number) => {
    const at = Date.now() + ms
    if (closed || at >= flushAt) return
    clearTimeout(timer)
    flushAt = at
    timer = setTimeout(() => {
      flushAt = Infinity
      flush()
    }, ms)
  }

  const nextOf = (conversationId: string) => shelf.ordered().find(entry =>
    entry.command.conversationId === conversationId && entry.state === 'kept' && (entry.notBefore ?? 0) <= Date.now())

  /** True when everything that could go has gone. */
  async function drain(conversationId: string): Promise<boolean> {
    await shelf.reload()
    for (let entry = nextOf(conversationId); entry && options.isUp() && !closed; entry = nextOf(conversationId)) {
      const outcome = await deliver(options, shelf, entry)
      if (outcome === 'again') later(passingPauseMs)
      if (outcome !== 'next') return false
    }
    return true
  }

  async function run(conversationId: string) {
    running.add(conversationId)
    let drained = false
    await options.exclusively(`parley:outbox:${conversationId}`, async () => { drained = await drain(conversationId) })
      .finally(() => running.delete(conversationId))
    // What was added between the last look and this moment.
    if (drained && nextOf(conversationId)) flush()
  }

  function flush() {
    const kept = shelf.ordered().filter(entry => entry.state === 'kept')
    const due = Math.min(...kept.map(entry => entry.notBefore ?? 0).filter(at => at > Date.now()))
    if (due < Infinity) later(due - Date.now())
    if (closed || !options.isUp()) return
    for (const id of new Set(kept.map(entry => entry.command.conversationId))) if (!running.has(id) && nextOf(id)) void run(id)
  }

  const close = () => {
    closed = true
    clearTimeout(timer)
  }
  return { flush, close }
}

export function openOutbox(options: OutboxOptions): Outbox {
  const shelf = makeShelf(options)
  const { flush, close } = makeDelivery(options, shelf)

  async function keepAndSend(entry: OutboxEntry) {
    shelf.set(entry)
    await shelf.store(entry)
    flush()
  }
  const discard = async (id: string) => {
    shelf.forget([id])
    await shelf.unstore(id)
  }

  return {
    flush, discard, reload: shelf.reload, entries: shelf.ordered,
    add: (command, { media = [], notBefore } = {}) => keepAndSend({
      command, userId: options.userId, at: Date.now(), notBefore: notBefore ?? null, state: 'kept', problem: null, seq: null, media,
    }),
    async again(id) {
      const entry = shelf.get(id)
      if (!entry) return
      shelf.forget([id])
      // A refusal is never recorded as the command's answer, but a fresh id keeps the order: after what came since.
      await keepAndSend({ ...entry, command: { ...entry.command, id: newId() }, state: 'kept', problem: null })
      await shelf.unstore(id)
    },
    settle(conversationId, seq) {
      const done = shelf.ordered().filter(entry => entry.state === 'accepted' && entry.command.conversationId === conversationId && (entry.seq ?? 0) <= seq)
      if (done.length > 0) shelf.forget(done.map(entry => entry.command.id))
    },
    close() {
      close()
      shelf.close()
    },
  }
}
