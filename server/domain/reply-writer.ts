/**
 * What a process streams: one publisher and one store for all the replies it writes, so that cost grows with the number
 * of processes and not of streams.
 *
 * - Publishing starts at once when the line is idle; what arrives while a publish is under way is merged into the next.
 * - Every `storeEveryMs` one statement stores what was published since. It is fenced: a reply that it didn't take
 *   belongs to somebody else by now, and its model call is ended.
 */
import { mustEnd } from '../../db/queries/messages.ts'
import { storeDeltas, type StoredDeltas } from '../../db/queries/deltas.ts'
import { applyChunk, emptyAssembly, type Assembly, type Chunk } from '../../shared/chunks.ts'
import type { Part } from '../../shared/conversation.ts'
import type { Delta } from '../../shared/protocol.ts'
import type { Services } from '../services.ts'
import type { Writing } from './replies.ts'

/** Also what a late joiner may lag behind the line for, at most. */
const storeEveryMs = 250

/** Why a model call is ended before its time. */
export class Ended extends Error {
  readonly why: 'stopped' | 'lost' | 'deleted'

  constructor(why: 'stopped' | 'lost' | 'deleted') {
    super(`The reply was ${why}`)
    this.why = why
  }
}

export interface ReplyStream {
  /** Takes the next piece: cheap, called once per token. */
  emit(chunk: Chunk): void
  /** All that was emitted. */
  readonly parts: readonly Part[]
  /** Aborted with an `Ended` when the model call must end. */
  readonly signal: AbortSignal
  /** Publishes what is left. The stream takes nothing more. */
  end(): Promise<void>
}

export interface ReplyWriter {
  open(writing: Writing): ReplyStream
  /** Number of replies that are being written. */
  readonly size: number
  close(): Promise<void>
}

interface Stream {
  writing: Writing
  assembly: Assembly
  n: number
  /** Emitted, not yet published. */
  pending: Chunk[]
  /** Published as `n - unstored.length + 1` to `n`, not yet stored. */
  unstored: Chunk[][]
  /** The first half of a surrogate pair, whose second half comes with the next piece. */
  half: string
  abort: AbortController
}

const isHighSurrogate = (code: number) => code >= 0xd800 && code <= 0xdbff

/** The text as it may be stored and sent: pairs whole, no NUL. Nearly always the very same string. */
function wholeText(stream: Stream, delta: string): string {
  let text = stream.half + delta
  stream.half = ''
  if (text.length > 0 && isHighSurrogate(text.charCodeAt(text.length - 1))) {
    stream.half = text.slice(-1)
    text = text.slice(0, -1)
  }
  return text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '\uFFFD')
}

function take(stream: Stream, chunk: Chunk): void {
  if (chunk.type === 'text-delta' || chunk.type === 'reasoning-delta') {
    const delta = wholeText(stream, chunk.delta)
    if (delta === '') return
    const last = stream.pending.at(-1)
    if (last && last.type === chunk.type && last.id === chunk.id) last.delta += delta
    else stream.pending.push({ type: chunk.type, id: chunk.id, delta })
    applyChunk(stream.assembly, { type: chunk.type, id: chunk.id, delta })
    return
  }
  stream.half = ''
  stream.pending.push(chunk)
  applyChunk(stream.assembly, chunk)
}

/** What is pending of a stream, as its next delta. */
function nextDelta(stream: Stream): Delta {
  const chunks = stream.pending
  stream.pending = []
  stream.n += 1
  stream.unstored.push(chunks)
  const { id: messageId, conversationId, epoch } = stream.writing
  return { conversationId, messageId, epoch, n: stream.n, upto: stream.n, chunks }
}

export function openReplyWriter(services: Pick<Services, 'bus' | 'database' | 'log'>): ReplyWriter {
  const streams = new Map<string, Stream>()
  const dirty = new Set<Stream>()
  let publishing: Promise<void> | null = null
  let scheduled = false
  let storing: Promise<void> | null = null

  const flush = (): Promise<void> => {
    publishing ??= (async () => {
      while (dirty.size > 0) {
        const deltas = [...dirty].map(nextDelta)
        dirty.clear()
        await services.bus.publish({ type: 'deltas', deltas })
      }
    })().finally(() => { publishing = null })
    return publishing
  }
  const schedule = () => {
    if (scheduled || publishing) return
    scheduled = true
    // After the sockets that are readable now were read: their tokens go out together.
    setImmediate(() => {
      scheduled = false
      void flush()
    })
  }

  const store = async () => {
    const active = [...streams.values()]
    const batch: StoredDeltas[] = []
    for (const stream of active) {
      if (stream.unstored.length === 0) continue
      const { id: messageId, epoch } = stream.writing
      batch.push({ messageId, epoch, n: stream.n - stream.unstored.length + 1, upto: stream.n, chunks: [...stream.unstored] })
    }
    if (batch.length > 0) {
      const taken = await services.database.lax(() => storeDeltas(services.database.db, batch))
      for (const { messageId, chunks } of batch) {
        const stream = streams.get(messageId)
        if (!stream || stream.unstored[0] !== chunks[0]) continue
        if (taken.has(messageId)) stream.unstored = stream.unstored.slice(chunks.length)
        else stream.abort.abort(new Ended('lost'))
      }
    }
    const flags = new Map((await mustEnd(services.database.db, active.map(stream => stream.writing.id))).map(flag => [flag.id, flag]))
    for (const stream of active) {
      const flag = flags.get(stream.writing.id)
      if (!flag) stream.abort.abort(new Ended('deleted'))
      else if (flag.epoch !== stream.writing.epoch) stream.abort.abort(new Ended('lost'))
      else if (flag.stopped) stream.abort.abort(new Ended('stopped'))
    }
  }
  const timer = setInterval(() => {
    if (streams.size === 0 || storing) return
    // A database that is away is no reason to end a reply: what isn't stored yet is stored at the next turn.
    storing = store().catch(error => services.log.warn({ err: error }, 'deltas could not be stored')).finally(() => { storing = null })
  }, storeEveryMs)
  timer.unref()

  const unsubscribe = services.bus.subscribe((news) => {
    if (news.type === 'stop') streams.get(news.messageId)?.abort.abort(new Ended('stopped'))
    else if (news.type === 'deleted') {
      for (const stream of streams.values())
        if (stream.writing.conversationId === news.conversationId) stream.abort.abort(new Ended('deleted'))
    }
  })

  return {
    open(writing) {
      const stream: Stream = { writing, assembly: emptyAssembly(), n: 0, pending: [], unstored: [], half: '', abort: new AbortController() }
      streams.set(writing.id, stream)
      return {
        emit(chunk) {
          take(stream, chunk)
          if (stream.pending.length === 0) return
          dirty.add(stream)
          schedule()
        },
        get parts() { return stream.assembly.parts },
        signal: stream.abort.signal,
        async end() {
          if (dirty.has(stream)) await flush()
          await storing
          if (streams.get(writing.id) === stream) streams.delete(writing.id)
        },
      }
    },
    get size() { return streams.size },
    async close() {
      clearInterval(timer)
      unsubscribe()
      await publishing
      await storing
    },
  }
}
