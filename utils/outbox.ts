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

export function openOutbox(options: OutboxOptions): Outbox {
  const { keep } = options
  const entries = new Map<string, OutboxEntry>()
  /** Ids known to be in storage: only these can have been taken away by another tab. */
  const stored = new Set<string>()
  const running = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let flushAt = Infinity
  let closed = false

  const ordered = () => [...entries.values()].sort((a, b) => a.command.id < b.command.id ? -1 : 1)
  const tell = () => { if (!closed) options.changed(ordered()) }
  const set = (entry: OutboxEntry, change: Partial<OutboxEntry>) => {
    const changed = { ...entry, ...change }
    entries.set(entry.command.id, changed)
    tell()
    return changed
  }
  // A browser without storage (private windows of some) still sends; it only cannot keep.
  const store = (entry: OutboxEntry) => keep.put(entry).then(() => { stored.add(entry.command.id) }, () => {})
  const drop = async (id: string) => {
    entries.delete(id)
    tell()
    await keep.remove(id).catch(() => {})
  }
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

  async function reload() {
    const gone = new Set(stored)
    const kept = await keep.list().catch(() => null)
    if (!kept || closed) return
    const mine = kept.filter(entry => entry.userId === options.userId)
    for (const { command } of mine) gone.delete(command.id)
    for (const id of gone) {
      stored.delete(id)
      if (entries.get(id)?.state !== 'accepted') entries.delete(id)
    }
    for (const entry of mine) {
      stored.add(entry.command.id)
      const known = entries.get(entry.command.id)
      if (known?.state !== 'sending' && known?.state !== 'accepted') entries.set(entry.command.id, entry)
    }
    tell()
  }

  const nextOf = (conversationId: string) => ordered().find(entry =>
    entry.command.conversationId === conversationId && entry.state === 'kept' && (entry.notBefore ?? 0) <= Date.now())

  /** True when the next one may follow. */
  async function deliverOne(kept: OutboxEntry): Promise<boolean> {
    const { id } = kept.command
    const entry = set(kept, { state: 'sending' })
    try {
      await options.prepare(entry)
      const answer = await options.deliver(entry.command)
      const current = entries.get(id)
      if (current) set(current, { state: 'accepted', seq: answer?.seq ?? 0 })
      await keep.remove(id).catch(() => {})
      return true
    }
    catch (error) {
      return failed(entry, error)
    }
  }

  async function failed(entry: OutboxEntry, error: unknown): Promise<boolean> {
    const { command } = entry
    if (!entries.has(command.id)) return true
    if (!(error instanceof RefusedError) || isPassing(error.problem)) {
      set(entry, { state: 'kept' })
      if (error instanceof RefusedError || options.isUp()) later(passingPauseMs)
      // What is neither a refusal nor a loss is a bug of ours: it must be seen, and the words stay kept.
      if (!(error instanceof RefusedError || error instanceof LostError)) reportError(error)
      return false
    }
    if (carriesText(command)) await store(set(entry, { state: 'refused', problem: error.problem }))
    else {
      await drop(command.id)
      options.refused(command, error.problem)
    }
    return true
  }

  /** True when everything that could go has gone. */
  async function drain(conversationId: string): Promise<boolean> {
    await reload()
    for (let entry = nextOf(conversationId); entry && options.isUp() && !closed; entry = nextOf(conversationId))
      if (!await deliverOne(entry)) return false
    return true
  }

  function flush() {
    const due = Math.min(...ordered().map(entry => entry.state === 'kept' ? entry.notBefore ?? 0 : 0).filter(at => at > Date.now()))
    if (due < Infinity) later(due - Date.now())
    if (closed || !options.isUp()) return
    const conversations = new Set(ordered().filter(entry => entry.state === 'kept').map(entry => entry.command.conversationId))
    for (const id of conversations) {
      if (running.has(id) || !nextOf(id)) continue
      running.add(id)
      let drained = false
      options.exclusively(`parley:outbox:${id}`, async () => { drained = await drain(id) }).finally(() => {
        running.delete(id)
        // What was added between the last look and this moment.
        if (drained && nextOf(id)) flush()
      })
    }
  }

  async function add(command: ChangeCommand, { media = [], notBefore }: { media?: MediaView[], notBefore?: number } = {}) {
    const entry: OutboxEntry = { command, userId: options.userId, at: Date.now(), notBefore: notBefore ?? null, state: 'kept', problem: null, seq: null, media }
    entries.set(command.id, entry)
    tell()
    await store(entry)
    flush()
  }

  async function again(id: string) {
    const entry = entries.get(id)
    if (!entry) return
    // A refusal is never recorded as the command's answer, but a fresh id keeps the order: after what came since.
    const fresh = { ...entry, command: { ...entry.command, id: newId() }, state: 'kept' as const, problem: null }
    entries.delete(id)
    entries.set(fresh.command.id, fresh)
    tell()
    await store(fresh)
    await keep.remove(id).catch(() => {})
    flush()
  }

  const settle = (conversationId: string, seq: number) => {
    const done = ordered().filter(entry => entry.state === 'accepted' && entry.command.conversationId === conversationId && (entry.seq ?? 0) <= seq)
    for (const { command } of done) entries.delete(command.id)
    if (done.length > 0) tell()
  }

  const close = () => {
    closed = true
    clearTimeout(timer)
  }

  return { add, again, discard: drop, flush, reload, settle, entries: ordered, close }
}
