/**
 * The media store seam: bytes under keys. Keys are made by us (`<userId>/<mediaId>/<form>`), never from user text.
 * Addresses are signed when asked for and expire. Proved by tests/contract/media-store.ts.
 */
import type { Readable } from 'node:stream'
import type { SignedUrl, UploadTicket } from '../../shared/media.ts'

export interface StoredObject { key: string, bytes: number, modifiedAt: Date }

export interface StoreReport {
  ok: boolean
  /** One sentence each for the operator: what is wrong and what to do. */
  problems: string[]
}

export interface MediaStore {
  /** Permission for a browser to send exactly `bytes` bytes of type `mime` to `key`, straight to the store. */
  ticket(input: { key: string, bytes: number, mime: string }): Promise<UploadTicket>
  /** An address a browser can read from for a while, with Range. Always `nosniff`; download disposition unless `inline`. */
  address(input: { key: string, name: string, mime: string, inline: boolean }): Promise<SignedUrl>
  /** Stores a stream whole or not at all. Rejects with AppError `media_too_large` past `maxBytes`. */
  put(key: string, source: Readable, options: { mime: string, maxBytes: number }): Promise<{ bytes: number, sha256: string }>
  /** Rejects with AppError `media_not_found` when there is no such object. `end` is inclusive. */
  read(key: string, range?: { start: number, end: number }): Promise<Readable>
  stat(key: string): Promise<StoredObject | null>
  list(prefix: string): AsyncIterable<StoredObject>
  /** Removes every object under the prefix; resolves with their number. Missing ones are no error. */
  removeAll(prefix: string): Promise<number>
  /** Looks at the store as a browser and a server would; run at start and by /api/health. */
  check(): Promise<StoreReport>
  close(): Promise<void>
}
