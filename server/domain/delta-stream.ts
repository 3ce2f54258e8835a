/** One reply while it is written in this process: what was emitted, published and stored of it. */
import { applyChunk, emptyAssembly, type Assembly, type Chunk } from '../../shared/chunks.ts'
import type { Delta } from '../../shared/protocol.ts'
import type { Writing } from './replies.ts'

export interface DeltaStream {
  writing: Writing
  assembly: Assembly
  /** The number of the last delta. */
  n: number
  /** Emitted, not yet published. */
  pending: Chunk[]
  /** Published as deltas `n - unstored.length + 1` to `n`, not yet stored. */
  unstored: Chunk[][]
  /** The first half of a surrogate pair, whose second half comes with the next piece. */
  half: string
  /** Nothing more comes: its row will tell the rest. */
  ended: boolean
  abort: AbortController
}

export const openStream = (writing: Writing): DeltaStream =>
  ({ writing, assembly: emptyAssembly(), n: 0, pending: [], unstored: [], half: '', ended: false, abort: new AbortController() })

const isHighSurrogate = (code: number) => code >= 0xd800 && code <= 0xdbff

/** The text as it may be stored and sent: pairs whole, no NUL. Nearly always the very same string. */
function wholeText(stream: DeltaStream, delta: string): string {
  let text = stream.half + delta
  stream.half = ''
  if (text.length > 0 && isHighSurrogate(text.charCodeAt(text.length - 1))) {
    stream.half = text.slice(-1)
    text = text.slice(0, -1)
  }
  return text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '\uFFFD')
}

/** Takes an emitted piece: cheap, called once per token. Neighbouring pieces of one text are joined. */
export function takeChunk(stream: DeltaStream, chunk: Chunk): void {
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

/** What is pending, as the stream's next delta. */
export function nextDelta(stream: DeltaStream): Delta {
  const chunks = stream.pending
  stream.pending = []
  stream.n += 1
  stream.unstored.push(chunks)
  const { id: messageId, conversationId, epoch } = stream.writing
  return { conversationId, messageId, epoch, n: stream.n, upto: stream.n, chunks }
}
