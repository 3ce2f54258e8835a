import { z } from 'zod'
import { Id } from './ids.ts'

export const mediaTypes = ['image', 'audio', 'video', 'file'] as const
export type MediaType = typeof mediaTypes[number]

/** `uploading` until its bytes were confirmed; `processing` until a reply may use it; then `ready` or `failed`. */
export const mediaStatuses = ['uploading', 'processing', 'ready', 'failed'] as const

/** Types the browser may show in place; anything else is offered as a download. SVG and HTML can run script and are never here. */
export const inlineMimes: readonly string[] = [
  'image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif',
  'audio/mpeg', 'audio/mp4', 'audio/wav', 'audio/ogg', 'audio/webm', 'audio/flac', 'audio/aac',
  'video/mp4', 'video/webm', 'video/ogg', 'video/quicktime', 'application/pdf', 'text/plain',
]

export const mediaLimits = {
  /** Bytes of one file; the operator may set less (`MEDIA_MAX_BYTES`). */
  maxBytes: 2 * 1024 ** 3,
  /** Files on one message. */
  maxPerMessage: 10,
  /** Bytes of one part of a file that is sent in parts; the last may be shorter. S3 wants 5 MiB at least. */
  partBytes: 8 * 1024 ** 2,
  /** Files from this size on may be sent in parts. */
  partsFrom: 16 * 1024 ** 2,
  nameLength: 255,
} as const

/** A signed address; made when read, never stored. Times are epoch milliseconds. */
export const SignedUrl = z.object({ url: z.string(), expiresAt: z.number() })
export type SignedUrl = z.infer<typeof SignedUrl>

/** One stored file as the browser sees it. */
export const MediaView = z.object({
  id: Id,
  messageId: Id.nullable(),
  type: z.enum(mediaTypes),
  name: z.string(),
  mime: z.string(),
  bytes: z.number(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  durationMs: z.number().nullable(),
  pages: z.number().nullable(),
  status: z.enum(mediaStatuses),
  /** 0 to 100 while processing. */
  progress: z.number(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** ThumbHash (base64), drawn while the picture loads. */
  placeholder: z.string().nullable(),
  /** 0 to 1, at most 200 peaks. */
  waveform: z.array(z.number()).nullable(),
  /** First lines of a document's text. */
  excerpt: z.string().nullable(),
  /** What could not be made of it although it is ready, such as a poster without the media engine. */
  notice: z.object({ code: z.string(), message: z.string() }).nullable(),
  transcript: z.array(z.object({ fromMs: z.number(), toMs: z.number(), text: z.string() })).nullable(),
  /** Null until the bytes have arrived. */
  original: SignedUrl.nullable(),
  thumbnail: SignedUrl.nullable(),
  poster: SignedUrl.nullable(),
  /** A form every browser plays, where the original isn't one. */
  playable: SignedUrl.nullable(),
  /** Of a reply that is read aloud: its sound so far, in order. Empty for everything else. */
  pieces: z.array(SignedUrl),
})
export type MediaView = z.infer<typeof MediaView>

/** What a browser asks before it uploads. */
export const TicketInput = z.strictObject({
  id: Id,
  name: z.string().min(1).max(mediaLimits.nameLength),
  mime: z.string().max(127).regex(/^[\w.+-]+\/[\w.+-]+$/).or(z.literal('')),
  bytes: z.int().min(1).max(mediaLimits.maxBytes),
  /** Hex; when this user has these very bytes already, they are not sent again. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/).optional(),
})
export type TicketInput = z.infer<typeof TicketInput>

/** Where to send the bytes at once: a form (S3 POST policy) or a plain PUT. */
export const UploadTicket = z.object({
  method: z.enum(['POST', 'PUT']),
  url: z.string(),
  /** Form fields that must precede the file, for POST. */
  fields: z.record(z.string(), z.string()),
  headers: z.record(z.string(), z.string()),
  expiresAt: z.number(),
  /** Non-null: it may be sent in this many parts of `bytes` each instead (the last is shorter), and resumed (docs/media.md). */
  parts: z.object({ bytes: z.number(), count: z.number() }).nullable(),
})
export type UploadTicket = z.infer<typeof UploadTicket>

/** Addresses for parts of a file, numbered from 1; each takes one plain PUT of exactly its bytes. None: only what has arrived. */
export const PartsInput = z.strictObject({ numbers: z.array(z.int().min(1).max(10_000)).max(20) })
export const PartsView = z.object({
  bytes: z.number(),
  count: z.number(),
  /** Numbers of the parts that have arrived. */
  received: z.array(z.number()),
  /** For the numbers that were asked for. */
  addresses: z.array(SignedUrl.extend({ number: z.number() })),
})
export type PartsView = z.infer<typeof PartsView>

/** What takes room: of one user, the biggest first. */
export const StorageView = z.object({
  usedBytes: z.number(),
  limitBytes: z.number(),
  count: z.number(),
  media: z.array(MediaView.extend({
    /** With what was made of it: thumbnail, poster, a form that plays. */
    storedBytes: z.number(),
  })),
  more: z.boolean(),
})
export type StorageView = z.infer<typeof StorageView>
