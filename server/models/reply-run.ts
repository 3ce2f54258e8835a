/** What a reply's writer hands to `streamReply`, and what a tool is. */
import type { z } from 'zod'
import type { Chunk } from '../../shared/chunks.ts'
import type { Attempt, MediaGiven, Part, Role } from '../../shared/conversation.ts'
import type { MediaType } from '../../shared/media.ts'
import type { Usage } from '../../shared/models.ts'
import type { OpenModel } from './registry.ts'

/** One file of a message. The bytes are read only when the model takes them. */
export interface HistoryMedia {
  id: string
  type: MediaType
  name: string
  mime: string
  bytes: number
  /** What is known of it; told to the model in words beside the file. */
  width?: number | null
  height?: number | null
  durationMs?: number | null
  pages?: number | null
  read(): Promise<Uint8Array>
  /** What was said in a sound or film; null when nobody wrote it down. */
  transcript: string | null
  /** The text of a document; null when there is none. */
  extractedText: string | null
  /** Still pictures (JPEG or PNG) of a film, in order. */
  frames: (() => Promise<Uint8Array>)[]
}

/** One message of the branch that is answered, oldest first; the last one is the message to answer. */
export interface HistoryMessage {
  role: Role
  parts: Part[]
  media: HistoryMedia[]
}

export interface SavedFile { bytes: Uint8Array, mime: string, name: string }

export interface ReplyTool {
  name: string
  description: string
  inputSchema: z.ZodType
  /** True when running it twice is not the same as once: it makes, sends or changes something. */
  effects: boolean
  /** `input` has passed `inputSchema`. The output goes to the model and the page: plain JSON. A throw is told to the model as an error. */
  run(input: unknown, context: { signal: AbortSignal, saveMedia: ReplyRun['saveMedia'] }): Promise<unknown>
}

export interface ReplyRun {
  model: OpenModel
  instructions: string | null
  history: HistoryMessage[]
  tools: ReplyTool[]
  /** Its reason is what `streamReply` throws when it fires. */
  signal: AbortSignal
  /** Called once per token, synchronously. */
  emit(chunk: Chunk): void
  /** Stores a file the model made; resolves with the media id. */
  saveMedia(file: SavedFile): Promise<string>
  /** Awaited before a tool with effects runs. */
  beforeEffects(): Promise<void>
}

export interface ReplyResult {
  usage: Usage
  /** One for each file the user sent, in order. */
  mediaGiven: MediaGiven[]
  /** `length`: the model came to its own limit; `filtered`: the provider's filter ended the text. */
  ended: NonNullable<Attempt['ended']>
}
