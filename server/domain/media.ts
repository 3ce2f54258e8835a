/** Media as people, messages and models meet them: seen, carried by a message, made by a model. */
import { Readable } from 'node:stream'
import * as queries from '../../db/queries/media.ts'
import type { MediaRow } from '../../db/queries/media.ts'
import type { Query, Tx } from '../../db/database.ts'
import { newId } from '../../shared/ids.ts'
import { inlineMimes, type MediaView, type SignedUrl } from '../../shared/media.ts'
import type { Services } from '../services.ts'
import type { Owned, SessionUser } from './access.ts'
import { AppError } from './errors.ts'
import { headBytes, judge, type Kind } from './media-kinds.ts'
import { cleanName } from './media-name.ts'
import { announce, touch } from './media-news.ts'
import { takeRoom } from './media-room.ts'
import { pictureSize } from './picture-size.ts'

/** Letters of a document's text that go with its view. */
const excerptLength = 500

/** Types of the forms we make, by the ending of their key. */
const formMimes: Record<string, string> = { webp: 'image/webp', jpg: 'image/jpeg', png: 'image/png', gif: 'image/gif', m4a: 'audio/mp4', mp3: 'audio/mpeg', wav: 'audio/wav', ogg: 'audio/ogg', flac: 'audio/flac', aac: 'audio/aac', mp4: 'video/mp4' }

/** The object key of one form of a file: `<user>/<media>/<form>`. */
export const keyOf = (userId: string, mediaId: string, form: string): string => `${userId}/${mediaId}/${form}`

/** The user's file. Someone else's and a missing one are the same `media_not_found`. */
export async function ownMedia(q: Query, user: Pick<SessionUser, 'id'>, id: string, field = 'id'): Promise<Owned<MediaRow>> {
  const row = await queries.findMedia(q, id)
  if (!row || row.userId !== user.id) throw new AppError('media_not_found', { field })
  return row as Owned<MediaRow>
}

/** A row as its owner's browser sees it, with addresses signed now. */
export async function viewMedia({ store }: Pick<Services, 'store'>, row: MediaRow): Promise<MediaView> {
  const sign = async (key: string | undefined): Promise<SignedUrl | null> => {
    if (key === undefined) return null
    const mime = key === row.filePath ? row.mime : formMimes[key.slice(key.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
    return store.address({ key, name: row.name, mime, inline: inlineMimes.includes(mime) })
  }
  const { thumbnail, poster, playable, pieces = [] } = row.derived
  const [originalUrl, thumbnailUrl, posterUrl, playableUrl] = await Promise.all([
    // A reading is its pieces; it has no file of its own.
    sign(row.status === 'uploading' || row.spokenOf !== null ? undefined : row.filePath), sign(thumbnail), sign(poster), sign(playable),
  ])
  const spoken = (await Promise.all(pieces.map(sign))).filter(address => address !== null)
  return {
    id: row.id, messageId: row.messageId, type: row.type, name: row.name, mime: row.mime, bytes: row.bytes,
    width: row.width, height: row.height, durationMs: row.durationMs, pages: row.pages,
    status: row.status, progress: row.progress, error: row.error, notice: row.notice,
    placeholder: row.placeholder, waveform: row.waveform, transcript: row.transcript, excerpt: row.extractedText?.slice(0, excerptLength) ?? null,
    original: originalUrl, thumbnail: thumbnailUrl, poster: posterUrl, playable: playableUrl, pieces: spoken,
  }
}

export const viewAll = (services: Pick<Services, 'store'>, rows: readonly MediaRow[]): Promise<MediaView[]> =>
  Promise.all(rows.map(row => viewMedia(services, row)))

/** Fresh addresses for the user's own among these ids; others are left out. */
export async function freshMedia(services: Services, user: Pick<SessionUser, 'id'>, ids: readonly string[]): Promise<{ media: MediaView[] }> {
  return { media: await viewAll(services, await queries.listOwnMedia(services.database.db, user.id, ids)) }
}

/** All that was read from a document; its view has the first lines only. */
export async function documentText({ database: { db } }: Services, user: Pick<SessionUser, 'id'>, id: string): Promise<{ text: string }> {
  return { text: (await ownMedia(db, user, id)).extractedText ?? '' }
}

/** Media of a conversation that was checked, newest first. */
export async function galleryOf(services: Services, conversation: Owned<{ id: string }>): Promise<{ media: MediaView[] }> {
  return { media: await viewAll(services, await queries.listMediaOfConversation(services.database.db, conversation.id, 500)) }
}

/**
 * Gives a message its files, in their order, within the sender's transaction. A file that an earlier message of the
 * same conversation carries (its text is being edited) is shared: a second row for the same objects.
 * @throws AppError `media_not_found`, or `media_not_ready` while the bytes have not arrived; field `mediaIds.N`.
 */
export async function attachMedia(tx: Tx, user: Pick<SessionUser, 'id'>, messageId: string, mediaIds: readonly string[]): Promise<MediaRow[]> {
  if (mediaIds.length === 0) return []
  const owned = new Map((await queries.listOwnMedia(tx, user.id, mediaIds)).map(row => [row.id, row]))
  const conversationId = await queries.conversationOfMessage(tx, messageId)
  const attached: MediaRow[] = []
  for (const [place, id] of mediaIds.entries()) {
    const field = `mediaIds.${place}`
    const row = owned.get(id)
    if (!row || row.spokenOf !== null) throw new AppError('media_not_found', { field })
    if (row.status === 'uploading') throw new AppError('media_not_ready', { field, details: { name: row.name } })
    const mine = await queries.attachRow(tx, id, messageId, place) ?? await share(tx, row, messageId, place, conversationId)
    if (!mine) throw new AppError('media_not_found', { field })
    attached.push(mine)
  }
  return attached
}

/** The copy counts nothing against the quota: its bytes are stored once. */
async function share(tx: Tx, row: MediaRow, messageId: string, place: number, conversationId: string | null): Promise<MediaRow | null> {
  if (row.messageId === null || conversationId === null || await queries.conversationOfMessage(tx, row.messageId) !== conversationId) return null
  return queries.insertMedia(tx, { ...row, id: newId(), messageId, place, storedBytes: 0, uploadId: null, createdAt: new Date() })
}

/** What a model made, stored and given to its reply. The type is judged by the bytes, like anyone's. @returns the media id. */
export async function storeModelMedia(services: Services, input: { userId: string, messageId: string, bytes: Uint8Array, mime: string, name: string }): Promise<string> {
  const { database: { db }, store, queue, config } = services
  const { userId, messageId, bytes } = input
  const kind = await judgeModelMedia(input)
  const id = newId()
  const filePath = keyOf(userId, id, 'original')
  const { sha256 } = await store.put(filePath, Readable.from([Buffer.from(bytes)]), { mime: kind.mime, maxBytes: bytes.length })
  const news = await db.transaction(async (tx) => {
    await takeRoom(tx, userId, bytes.length, config.env.MEDIA_QUOTA_BYTES)
    const before = await queries.listMediaOfMessages(tx, [messageId])
    await queries.insertMedia(tx, {
      id, userId, messageId, place: before.length, ...kind, ...pictureSize(kind.mime, bytes), filePath, name: cleanName(input.name),
      bytes: bytes.length, storedBytes: bytes.length, sha256, status: 'processing',
    })
    await queue.enqueue(tx, 'process-media', { mediaId: id }, { key: `process-media:${id}` })
    return touch(tx, { id, userId, messageId })
  })
  await announce(services, [news])
  return id
}

async function judgeModelMedia({ bytes, name, mime }: { bytes: Uint8Array, name: string, mime: string }): Promise<Kind> {
  const kind = await judge(bytes.subarray(0, headBytes), '', mime)
  if (kind === 'mismatch' || kind === 'refused') throw new AppError('media_type_mismatch', { details: { name } })
  return kind
}

/** What sound a speech model gave; null when it is none. */
export async function judgeSound(bytes: Uint8Array): Promise<Kind | null> {
  const kind = await judge(bytes.subarray(0, headBytes), '', 'audio/mpeg')
  return typeof kind === 'object' && kind.type === 'audio' ? kind : null
}
