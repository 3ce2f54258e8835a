/**
 * The way of an upload: ticket → bytes to the store → confirm. The bytes come to a key of their own (`…/upload`), are
 * judged, and only then become the file: a ticket that is still good cannot change what was judged.
 */
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import * as queries from '../../db/queries/media.ts'
import type { MediaRow } from '../../db/queries/media.ts'
import { bytesInWords } from '../../shared/bytes.ts'
import { mediaLimits, type MediaView, type PartsView, type TicketInput, type UploadTicket } from '../../shared/media.ts'
import type { Services } from '../services.ts'
import type { SessionUser } from './access.ts'
import { AppError } from './errors.ts'
import { claimedKind, headBytes, judge, type Kind } from './media-kinds.ts'
import { cleanName } from './media-name.ts'
import { announce, touch } from './media-news.ts'
import { takeRoom } from './media-room.ts'
import { keyOf, ownMedia, viewMedia } from './media.ts'
import { pictureSize } from './picture-size.ts'
import { removeObjects } from './remove-objects.ts'

type User = Pick<SessionUser, 'id'>

const uploadKey = (row: MediaRow) => keyOf(row.userId, row.id, 'upload')
const partCount = (bytes: number) => Math.ceil(bytes / mediaLimits.partBytes)

/**
 * Permission to upload. Asked again for the same file it gives a fresh ticket. `ticket` is null when nothing needs to be
 * sent: it arrived before, or the user has the same bytes already.
 */
export async function askTicket(services: Services, user: User, input: TicketInput): Promise<{ media: MediaView, ticket: UploadTicket | null }> {
  const { config: { env }, database: { db } } = services
  const name = cleanName(input.name)
  if (input.bytes > env.MEDIA_MAX_BYTES) throw new AppError('media_too_large', { field: 'bytes', details: { name, limit: bytesInWords(env.MEDIA_MAX_BYTES) } })
  const row = await db.transaction(async (tx) => {
    const known = await queries.findMedia(tx, input.id)
    const same = known?.userId === user.id && (known.status !== 'uploading' || (known.bytes === input.bytes && known.name === name))
    if (known && same) return known
    if (known || await queries.isTombstone(tx, input.id)) throw new AppError('id_not_usable', { field: 'id' })
    await takeRoom(tx, user.id, input.bytes, env.MEDIA_QUOTA_BYTES)
    const made = await queries.insertMedia(tx, {
      id: input.id, userId: user.id, ...claimedKind(name, input.mime), filePath: keyOf(user.id, input.id, 'original'), name,
      bytes: input.bytes, storedBytes: input.bytes, status: 'uploading',
    })
    if (!made) throw new AppError('id_not_usable', { field: 'id' })
    return made
  })
  if (row.status !== 'uploading') return { media: await viewMedia(services, row), ticket: null }
  const reused = input.sha256 === undefined ? null : await reuse(services, row, input.sha256)
  if (reused) return { media: await viewMedia(services, reused), ticket: null }
  return { media: await viewMedia(services, row), ticket: await makeTicket(services, row) }
}

async function makeTicket({ store, database: { db } }: Services, row: MediaRow): Promise<UploadTicket> {
  const ticket = await store.ticket({ key: uploadKey(row), bytes: row.bytes, mime: row.mime })
  if (row.bytes < mediaLimits.partsFrom) return { ...ticket, parts: null }
  if (row.uploadId === null) {
    const uploadId = await store.beginParts({ key: uploadKey(row), mime: row.mime })
    const kept = await queries.changeMedia(db, row.id, 'uploading', { uploadId })
    if (!kept) await store.abandonParts(uploadKey(row), uploadId)
  }
  return { ...ticket, parts: { bytes: mediaLimits.partBytes, count: partCount(row.bytes) } }
}

/** The user's own bytes are not sent twice: the object is copied and its kind is known. */
async function reuse(services: Services, row: MediaRow, sha256: string): Promise<MediaRow | null> {
  const same = await queries.findSameBytes(services.database.db, row.userId, sha256)
  // A picture whose metadata was removed has other bytes than were sent; it is the same picture.
  if (!same) return null
  try {
    await services.store.copy(same.filePath, row.filePath)
  }
  catch (error) {
    // It was deleted a moment ago.
    if (error instanceof AppError && error.code === 'media_not_found') return null
    throw error
  }
  return accept(services, row, { type: same.type, mime: same.mime }, { sha256, bytes: same.bytes, storedBytes: same.bytes, width: same.width, height: same.height })
}

/** Addresses for parts of a large file, and which parts have arrived: also how an upload is resumed. */
export async function askParts(services: Services, user: User, id: string, numbers: readonly number[]): Promise<PartsView> {
  const row = await ownMedia(services.database.db, user, id)
  if (row.status !== 'uploading' || row.uploadId === null) throw new AppError('media_not_found', { field: 'id' })
  const { uploadId } = row
  const count = partCount(row.bytes)
  if (numbers.some(number => number > count)) throw new AppError('invalid_input', { field: 'numbers', details: { problem: `there are ${count} parts` } })
  const bytesOf = (number: number) => number < count ? mediaLimits.partBytes : row.bytes - (count - 1) * mediaLimits.partBytes
  const received = await services.store.receivedParts(uploadKey(row), uploadId)
  return {
    bytes: mediaLimits.partBytes,
    count,
    received: received.filter(part => part.bytes === bytesOf(part.number)).map(part => part.number),
    addresses: await Promise.all(numbers.map(async number =>
      ({ number, ...await services.store.partAddress({ key: uploadKey(row), uploadId, number, bytes: bytesOf(number) }) }))),
  }
}

/** The way through the server, for browsers that cannot reach the store. Streams; confirms at its end. */
export async function uploadContent(services: Services, user: User, id: string, source: Readable): Promise<{ media: MediaView }> {
  const row = await ownMedia(services.database.db, user, id)
  if (row.status !== 'uploading') return { media: await viewMedia(services, row) }
  await services.store.put(uploadKey(row), source, { mime: row.mime, maxBytes: row.bytes })
  return confirmUpload(services, user, id)
}

/**
 * The bytes are said to have arrived: looks at them. Any number of times.
 * @throws AppError `media_incomplete`; `media_type_mismatch` or `media_type_refused`, and then the file is gone.
 */
export async function confirmUpload(services: Services, user: User, id: string): Promise<{ media: MediaView }> {
  const { database: { db }, store } = services
  const row = await ownMedia(db, user, id)
  if (row.status !== 'uploading') return { media: await viewMedia(services, row) }
  const named = { field: 'id', details: { name: row.name } }
  await gather(services, row)
  const arrived = await store.stat(uploadKey(row))
  if (arrived?.bytes !== row.bytes) throw new AppError('media_incomplete', named)
  await store.copy(uploadKey(row), row.filePath)
  const head = await buffer(await store.read(row.filePath, { start: 0, end: Math.min(headBytes, row.bytes) - 1 }))
  const kind = await judge(head, row.name, row.mime)
  if (kind === 'mismatch' || kind === 'refused') {
    await refuse(services, row)
    throw new AppError(kind === 'refused' ? 'media_type_refused' : 'media_type_mismatch', named)
  }
  const accepted = await accept(services, row, kind, pictureSize(kind.mime, head) ?? {}) ?? await ownMedia(db, user, id)
  return { media: await viewMedia(services, accepted) }
}

/** Makes one object of the parts, unless the file came at once after all. */
async function gather({ store }: Services, row: MediaRow): Promise<void> {
  if (row.uploadId === null) return
  const key = uploadKey(row)
  if ((await store.stat(key))?.bytes === row.bytes) return store.abandonParts(key, row.uploadId)
  try {
    await store.finishParts({ key, uploadId: row.uploadId, count: partCount(row.bytes), bytes: row.bytes })
  }
  catch (error) {
    // Two confirmations at once: the other one has gathered them.
    if ((await store.stat(key))?.bytes !== row.bytes) throw error
  }
}

/** Null when someone else accepted it meanwhile. */
async function accept(services: Services, row: MediaRow, kind: Kind, change: queries.MediaChange): Promise<MediaRow | null> {
  const { database: { db }, queue } = services
  const accepted = await db.transaction(async (tx) => {
    const changed = await queries.changeMedia(tx, row.id, 'uploading', { ...kind, ...change, status: 'processing', uploadId: null })
    if (!changed) return null
    await queue.enqueue(tx, 'process-media', { mediaId: row.id }, { key: `process-media:${row.id}` })
    await removeObjects(queue, tx, [uploadKey(row)])
    return { changed, news: await touch(tx, changed) }
  })
  if (!accepted) return null
  await announce(services, [accepted.news])
  return accepted.changed
}

/** Nothing of a refused file is kept. Its id may be used again: the browser's next try is the same upload. */
async function refuse({ database: { db }, queue }: Services, row: MediaRow): Promise<void> {
  await db.transaction(async (tx) => {
    await queries.deleteMediaRows(tx, [row.id])
    await removeObjects(queue, tx, [queries.prefixOf(row.filePath)])
  })
}
