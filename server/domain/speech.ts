/**
 * A reply read aloud by the speech model: one reading per reply, stored as media piece by piece, so that it is paid for
 * once, can be heard from its first piece on, and goes on where it was after a kill or a stop.
 */
import * as queries from '../../db/queries/media.ts'
import type { MediaRow } from '../../db/queries/media.ts'
import type { Tx } from '../../db/database.ts'
import { lockConversation } from '../../db/queries/conversations.ts'
import { findMessage } from '../../db/queries/messages.ts'
import { isOpen } from '../../shared/conversation.ts'
import type { Problem } from '../../shared/errors.ts'
import { newId } from '../../shared/ids.ts'
import type { MediaView } from '../../shared/media.ts'
import { mostSpokenUnits, spokenPieces } from '../../shared/spoken-text.ts'
import type { Services } from '../services.ts'
import { ownConversation, ownMessage, type SessionUser } from './access.ts'
import { AppError } from './errors.ts'
import { announce } from './media-news.ts'
import { takeRoom } from './media-room.ts'
import { keyOf, viewMedia } from './media.ts'
import { removeObjects } from './remove-objects.ts'

type User = Pick<SessionUser, 'id'>

/** The words to read, in pieces. @throws AppError when there is nothing to read, or too much */
function piecesOf(content: string): string[] {
  const pieces = spokenPieces(content)
  if (pieces.length === 0) throw new AppError('speech_no_words')
  if (pieces.reduce((units, piece) => units + piece.length, 0) > mostSpokenUnits) throw new AppError('speech_too_long', { details: { limit: mostSpokenUnits.toLocaleString('en') } })
  return pieces
}

/**
 * The reading of a reply, which is begun when there is none, and gone on with when it was stopped or had failed.
 * @throws AppError `message_not_found`, and one of the `speech_…` codes where it cannot be read
 */
export async function readAloud(services: Services, user: User, conversationId: string, messageId: string): Promise<{ media: MediaView }> {
  const { database: { db }, models, queue } = services
  const offered = await models.speech() !== null
  const row = await db.transaction(async (tx) => {
    await lockConversation(tx, conversationId)
    const reply = await ownMessage(tx, await ownConversation(tx, user, conversationId), messageId)
    const found = await queries.findSpoken(tx, reply.id)
    // A piece may be stored just now, the last one at that.
    const known = found && await queries.lockMedia(tx, found.id)
    if (known && known.status !== 'failed') return known
    if (reply.role !== 'assistant') throw new AppError('message_not_found', { field: 'messageId' })
    if (!offered) throw new AppError('speech_not_offered')
    if (isOpen(reply.status)) throw new AppError('speech_not_finished')
    piecesOf(reply.content)
    const begun = known ? await queries.changeMedia(tx, known.id, 'failed', { status: 'processing', error: null }) : await insertReading(tx, user, reply.id)
    if (!begun) throw new AppError('internal')
    await queue.enqueue(tx, 'speak-reply', { mediaId: begun.id }, { key: `speak-reply:${begun.id}` })
    return begun
  })
  return { media: await viewMedia(services, row) }
}

function insertReading(tx: Tx, user: User, spokenOf: string): Promise<MediaRow | null> {
  const id = newId()
  return queries.insertMedia(tx, {
    id, userId: user.id, spokenOf, type: 'audio', filePath: keyOf(user.id, id, 'spoken'), name: 'Reply read aloud', mime: 'audio/mpeg', bytes: 0, storedBytes: 0, status: 'processing',
  })
}

/** Makes no more of a reading than there is. A later listener goes on from there. */
export async function stopSpeech(services: Services, user: User, conversationId: string, messageId: string): Promise<void> {
  const { db } = services.database
  const reply = await ownMessage(db, await ownConversation(db, user, conversationId), messageId)
  const known = await queries.findSpoken(db, reply.id)
  if (known) await endSpeech(services, known, new AppError('speech_stopped').toProblem())
}

/** Within the transaction that takes a reply's words away. */
export async function forgetSpeech({ queue }: Pick<Services, 'queue'>, tx: Tx, messageId: string): Promise<void> {
  const known = await queries.findSpoken(tx, messageId)
  if (!known) return
  await queries.deleteMediaRows(tx, [known.id])
  await removeObjects(queue, tx, [queries.prefixOf(known.filePath)])
}

/** What a reading still lacks: the words of its next pieces. Null when it is not being made (any more). */
export async function speechToMake({ database: { db } }: Services, mediaId: string): Promise<{ row: MediaRow, pieces: string[] } | null> {
  const row = await queries.findMedia(db, mediaId)
  const reply = row?.spokenOf ? await findMessage(db, row.spokenOf) : null
  return row?.status === 'processing' && reply ? { row, pieces: piecesOf(reply.content) } : null
}

/**
 * Adds the sound of piece `at` (from 0), once: whoever comes second with it changes nothing. It is kept also when the
 * reading was stopped meanwhile, as it is paid for.
 * @returns the row; null when this piece was not the next one, or the reading is gone
 * @throws AppError `storage_full`
 */
export async function addPiece(services: Services, row: MediaRow, piece: { at: number, of: number, key: string, mime: string, bytes: number }): Promise<MediaRow | null> {
  const { database: { db }, queue, config } = services
  const changed = await db.transaction(async (tx) => {
    await takeRoom(tx, row.userId, piece.bytes, config.env.MEDIA_QUOTA_BYTES)
    const now = await queries.lockMedia(tx, row.id)
    if (!now) await removeObjects(queue, tx, [queries.prefixOf(row.filePath)])
    if (!now || (now.derived.pieces ?? []).length !== piece.at) return null
    const whole = piece.at + 1 === piece.of
    return queries.changeMedia(tx, row.id, now.status, {
      derived: { ...now.derived, pieces: [...now.derived.pieces ?? [], piece.key] }, mime: piece.mime,
      bytes: now.bytes + piece.bytes, storedBytes: now.storedBytes + piece.bytes, progress: Math.floor((piece.at + 1) / piece.of * 100),
      ...(whole ? { status: 'ready' as const, error: null } : {}),
    })
  })
  if (changed) await tell(services, changed)
  return changed
}

/** The reading ends here, with the reason why. */
export async function endSpeech(services: Services, { id }: Pick<MediaRow, 'id'>, error: Problem): Promise<void> {
  const changed = await queries.changeMedia(services.database.db, id, 'processing', { status: 'failed', error })
  if (changed) await tell(services, changed)
}

const tell = (services: Services, { id, userId }: MediaRow): Promise<void> => announce(services, [{ mediaId: id, userId, conversationId: null, seq: null }])
