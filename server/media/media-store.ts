/**
 * The media store seam: bytes under keys. Keys are made by us (`<userId>/<mediaId>/<form>`), never from user text.
 * Addresses are signed when asked for and expire; an address stays the same for a while so that browsers can keep what
 * they fetched, and always has half of its life before it. Proved by tests/contract/media-store.ts.
 */
import type { Readable } from 'node:stream'
import type { SignedUrl, UploadTicket } from '../../shared/media.ts'

export interface StoredObject { key: string, bytes: number, modifiedAt: Date }

export interface StoreReport {
  /** The server itself can store, read and remove. Browsers may still be unable to (`problems`): they fall back. */
  ok: boolean
  /** One sentence each for the operator: what is wrong and what to do. */
  problems: string[]
}

/** An answer to a request for `/files/…`, for the route to send. `body` is null for HEAD and for refusals. */
export interface FileAnswer { status: number, headers: Record<string, string>, body: Readable | null }

/** What `server/routes/files` serves, for a store that has no web server of its own. */
export interface OwnFiles {
  /** `range` is the request's Range header. Rejects with AppError `link_expired` or `media_not_found`. */
  get(key: string, query: URLSearchParams, range: string | undefined): Promise<FileAnswer>
  /** Takes the bytes an upload address permits. Rejects with AppError `link_expired`, `media_too_large`, `media_incomplete`. */
  put(key: string, query: URLSearchParams, source: Readable): Promise<void>
}

export interface MediaStore {
  /** Permission for a browser to send exactly `bytes` bytes of type `mime` to `key`, straight to the store, at once. */
  ticket(input: { key: string, bytes: number, mime: string }): Promise<Omit<UploadTicket, 'parts'>>
  /** Begins an upload in parts; the id it gives names it in the calls below. */
  beginParts(input: { key: string, mime: string }): Promise<string>
  /** An address that takes one PUT of exactly `bytes` bytes. Sending a part again replaces it. */
  partAddress(input: { key: string, uploadId: string, number: number, bytes: number }): Promise<SignedUrl>
  /** What has arrived, in order; empty for an upload that is unknown or over. */
  receivedParts(key: string, uploadId: string): Promise<{ number: number, bytes: number }[]>
  /** Makes the object of its parts 1 to `count`. Rejects with AppError `media_incomplete` unless all are there and together have `bytes`. */
  finishParts(input: { key: string, uploadId: string, count: number, bytes: number }): Promise<void>
  /** Forgets an upload in parts; an unknown one is no error. */
  abandonParts(key: string, uploadId: string): Promise<void>
  /** Forgets uploads in parts that began before the moment; resolves with their number. */
  abandonStaleParts(before: Date): Promise<number>
  /** An address a browser can read from for a while, with Range. Always `nosniff`; download disposition unless `inline`. */
  address(input: { key: string, name: string, mime: string, inline: boolean }): Promise<SignedUrl>
  /** Stores a stream whole or not at all. Rejects with AppError `media_too_large` past `maxBytes`, and with the source's own error. */
  put(key: string, source: Readable, options: { mime: string, maxBytes: number }): Promise<{ bytes: number, sha256: string }>
  /** Rejects with AppError `media_not_found` when there is no such object. `end` is inclusive. */
  read(key: string, range?: { start: number, end: number }): Promise<Readable>
  /** A second object with the same bytes; the two live on apart. Rejects with AppError `media_not_found`. */
  copy(from: string, to: string): Promise<void>
  stat(key: string): Promise<StoredObject | null>
  /** Every object whose key starts with `prefix`. */
  list(prefix: string): AsyncIterable<StoredObject>
  /** Removes every object whose key starts with `prefix`; resolves with their number. Missing ones are no error. */
  removeAll(prefix: string): Promise<number>
  /** Looks at the store as a browser and a server would; run at start and by /api/health. */
  check(): Promise<StoreReport>
  /** Non-null for a store whose addresses lead to this server. */
  files: OwnFiles | null
  close(): Promise<void>
}
