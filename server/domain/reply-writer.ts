/**
 * What a process streams: one publisher and one store for all the replies it writes, so that cost grows with the number
 * of processes and not of streams.
 */
import type { Chunk } from '../../shared/chunks.ts'
import type { Part } from '../../shared/conversation.ts'
import type { News } from '../bus/bus.ts'
import { metrics } from '../metrics.ts'
import type { Services } from '../services.ts'
import { openDeltaPublisher } from './delta-publisher.ts'
import { Ended, storeAndHeed } from './delta-store.ts'
import { openStream, takeChunk, type DeltaStream } from './delta-stream.ts'
import type { Writing } from './replies.ts'

/** What shows nothing by itself goes out with what comes next, or with the row that ends the reply. */
const showsNothing: ReadonlySet<Chunk['type']> = new Set(['start-step', 'text-start', 'text-end', 'finish-step'])

/** Also what a late joiner may lag behind the line for, at most. */
const storeEveryMs = 250

export interface ReplyStream {
  /** Takes the next piece. */
  emit(chunk: Chunk): void
  /** All that was emitted. */
  readonly parts: readonly Part[]
  /** Aborted with an `Ended` when the model call must end. */
  readonly signal: AbortSignal
  /** Publishes what is left and shows, and stores nothing from then on; nothing may be emitted after it. */
  end(): Promise<void>
  /** Forgets the reply: it was settled. */
  close(): void
}

export interface ReplyWriter {
  open(writing: Writing): ReplyStream
  /** Whether this process holds the reply. */
  has(messageId: string): boolean
  close(): Promise<void>
}

/** Ends what the news says must end, at once; the rows say it again at the next store. */
function heedNews(streams: ReadonlyMap<string, DeltaStream>, news: News): void {
  if (news.type === 'stop') streams.get(news.messageId)?.abort.abort(new Ended('stopped'))
  if (news.type !== 'deleted') return
  for (const { writing, abort } of streams.values())
    if (writing.conversationId === news.conversationId) abort.abort(new Ended('deleted'))
}

export function openReplyWriter(services: Pick<Services, 'bus' | 'database' | 'log'>): ReplyWriter {
  const streams = new Map<string, DeltaStream>()
  const publisher = openDeltaPublisher(services)
  const unsubscribe = services.bus.subscribe(news => heedNews(streams, news))
  let storing: Promise<void> | null = null
  const timer = setInterval(() => {
    // What has ended is being settled, which drops its deltas: one that came after that would stand there without those before it.
    const going = [...streams.values()].filter(stream => !stream.ended)
    if (going.length === 0 || storing) return
    // A database that is away is no reason to end a reply: what isn't stored yet is stored at the next turn.
    storing = storeAndHeed(services, going)
      .catch(error => services.log.warn({ err: error }, 'deltas could not be stored'))
      .finally(() => { storing = null })
  }, storeEveryMs)
  timer.unref()

  return {
    open(writing) {
      const stream = openStream(writing)
      const openedAt = performance.now()
      streams.set(writing.id, stream)
      return {
        emit(chunk) {
          takeChunk(stream, chunk)
          if (stream.pending.length === 0 || showsNothing.has(chunk.type)) return
          if (stream.n === 0 && !publisher.has(stream)) metrics.firstToken.observe((performance.now() - openedAt) / 1000)
          publisher.add(stream)
        },
        get parts() { return stream.assembly.parts },
        signal: stream.abort.signal,
        async end() {
          stream.ended = true
          if (publisher.has(stream)) await publisher.flush()
          await storing
        },
        close() {
          if (streams.get(writing.id) === stream) streams.delete(writing.id)
        },
      }
    },
    has: id => streams.has(id),
    async close() {
      clearInterval(timer)
      unsubscribe()
      await publisher.flush()
      await storing
    },
  }
}
