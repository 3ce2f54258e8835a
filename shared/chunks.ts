/**
 * The pieces a reply is streamed in: the AI SDK's own UI message chunks (`UIMessageChunk` in `ai`), narrowed to those
 * the product writes, and the one assembler that turns them into parts on both sides.
 */
import { z } from 'zod'
import { Id } from './ids.ts'
import type { Part } from './conversation.ts'

export const Chunk = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start-step') }),
  z.object({ type: z.literal('finish-step') }),
  z.object({ type: z.literal('text-start'), id: z.string() }),
  z.object({ type: z.literal('text-delta'), id: z.string(), delta: z.string() }),
  z.object({ type: z.literal('text-end'), id: z.string() }),
  z.object({ type: z.literal('reasoning-start'), id: z.string() }),
  z.object({ type: z.literal('reasoning-delta'), id: z.string(), delta: z.string() }),
  z.object({ type: z.literal('reasoning-end'), id: z.string() }),
  z.object({ type: z.literal('tool-input-start'), toolCallId: z.string(), toolName: z.string(), dynamic: z.literal(true) }),
  z.object({ type: z.literal('tool-input-available'), toolCallId: z.string(), toolName: z.string(), input: z.unknown(), dynamic: z.literal(true) }),
  z.object({ type: z.literal('tool-output-available'), toolCallId: z.string(), output: z.unknown(), dynamic: z.literal(true) }),
  z.object({ type: z.literal('tool-output-error'), toolCallId: z.string(), errorText: z.string(), dynamic: z.literal(true) }),
  z.object({ type: z.literal('source-url'), sourceId: z.string(), url: z.string(), title: z.string().optional() }),
  z.object({ type: z.literal('data-media'), id: z.string(), data: z.object({ mediaId: Id }) }),
])
export type Chunk = z.infer<typeof Chunk>

/** A reply while it grows: its parts, and which of them each open text or reasoning id is. */
export interface Assembly {
  parts: Part[]
  open: Record<string, number>
}

export const emptyAssembly = (): Assembly => ({ parts: [], open: {} })

const openKey = (kind: 'text' | 'reasoning', id: string) => `${kind}:${id}`

type Growing = Extract<Part, { type: 'text' | 'reasoning' }>

/**
 * The part that a text or reasoning id grows. A reader that goes on from stored parts doesn't know the ids: it adopts
 * the last part of that kind that is still streaming; there is none when the piece is the first.
 */
function growingPart({ parts, open }: Assembly, kind: Growing['type'], id: string): number {
  const known = open[openKey(kind, id)]
  if (known !== undefined) return known
  const taken = new Set(Object.values(open))
  const at = parts.findLastIndex((part, index) => part.type === kind && part.state === 'streaming' && !taken.has(index))
  return at >= 0 ? at : parts.push({ type: kind, text: '', state: 'streaming' }) - 1
}

/**
 * Applies one chunk. Changes `assembly` in place, replacing (never mutating) the part it touches, so a view can
 * compare parts by identity.
 */
export function applyChunk(assembly: Assembly, chunk: Chunk): void {
  const { parts, open } = assembly
  const start = (kind: Growing['type'], id: string) => {
    open[openKey(kind, id)] = parts.push({ type: kind, text: '', state: 'streaming' }) - 1
  }
  const grow = (kind: Growing['type'], id: string, delta: string) => {
    const at = growingPart(assembly, kind, id)
    open[openKey(kind, id)] = at
    parts[at] = { type: kind, text: (parts[at] as Growing).text + delta, state: 'streaming' }
  }
  const end = (kind: Growing['type'], id: string) => {
    const at = growingPart(assembly, kind, id)
    parts[at] = { type: kind, text: (parts[at] as Growing).text, state: 'done' }
    Reflect.deleteProperty(open, openKey(kind, id))
  }
  const changeTool = (toolCallId: string, change: Partial<Extract<Part, { type: 'dynamic-tool' }>>) => {
    const at = parts.findLastIndex(part => part.type === 'dynamic-tool' && part.toolCallId === toolCallId)
    if (at >= 0) parts[at] = { ...parts[at], ...change } as Part
  }
  switch (chunk.type) {
    case 'start-step': parts.push({ type: 'step-start' }); return
    case 'finish-step': return
    case 'text-start': start('text', chunk.id); return
    case 'text-delta': grow('text', chunk.id, chunk.delta); return
    case 'text-end': end('text', chunk.id); return
    case 'reasoning-start': start('reasoning', chunk.id); return
    case 'reasoning-delta': grow('reasoning', chunk.id, chunk.delta); return
    case 'reasoning-end': end('reasoning', chunk.id); return
    case 'tool-input-start':
      parts.push({ type: 'dynamic-tool', toolName: chunk.toolName, toolCallId: chunk.toolCallId, state: 'input-streaming', input: undefined }); return
    case 'tool-input-available':
      if (!parts.some(part => part.type === 'dynamic-tool' && part.toolCallId === chunk.toolCallId))
        parts.push({ type: 'dynamic-tool', toolName: chunk.toolName, toolCallId: chunk.toolCallId, state: 'input-available', input: chunk.input })
      else changeTool(chunk.toolCallId, { state: 'input-available', input: chunk.input })
      return
    case 'tool-output-available': changeTool(chunk.toolCallId, { state: 'output-available', output: chunk.output }); return
    case 'tool-output-error': changeTool(chunk.toolCallId, { state: 'output-error', errorText: chunk.errorText }); return
    case 'source-url': parts.push({ type: 'source-url', sourceId: chunk.sourceId, url: chunk.url, ...(chunk.title === undefined ? {} : { title: chunk.title }) }); return
    case 'data-media': parts.push({ type: 'data-media', id: chunk.id, data: chunk.data })
  }
}

/** Parts from stored deltas, each a list of chunks, in order. */
export function assemble(deltas: Iterable<readonly Chunk[]>): Assembly {
  const assembly = emptyAssembly()
  for (const chunks of deltas) for (const chunk of chunks) applyChunk(assembly, chunk)
  return assembly
}

/** The text of a message alone: what is searched, previewed, exported. Pieces of text are joined by a blank line. */
export const textOf = (parts: readonly Part[]): string =>
  parts.flatMap(part => part.type === 'text' && part.text ? [part.text] : []).join('\n\n')

/** Marks everything as ended: what is stored when a reply closes, however it closed. */
export const closeParts = (parts: readonly Part[]): Part[] => parts.map((part) => {
  if ((part.type === 'text' || part.type === 'reasoning') && part.state === 'streaming') return { ...part, state: 'done' as const }
  if (part.type === 'dynamic-tool' && (part.state === 'input-streaming' || part.state === 'input-available'))
    return { ...part, state: 'output-error' as const, errorText: 'It did not finish.' }
  return part
})

/** Joins neighbouring text (or reasoning) deltas of the same id: fewer bytes, the same result. */
export function mergeChunks(chunks: readonly Chunk[]): Chunk[] {
  const merged: Chunk[] = []
  for (const chunk of chunks) {
    const last = merged.at(-1)
    if (last && (chunk.type === 'text-delta' || chunk.type === 'reasoning-delta') && last.type === chunk.type && last.id === chunk.id)
      merged[merged.length - 1] = { ...last, delta: last.delta + chunk.delta }
    else merged.push(chunk)
  }
  return merged
}
