/** Has a reply read aloud, one piece after the other, each stored before the next is asked for. */
import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { MediaRow } from '../../db/queries/media.ts'
import { AppError } from '../domain/errors.ts'
import { judgeSound, keyOf } from '../domain/media.ts'
import { addPiece, endSpeech, speechToMake } from '../domain/speech.ts'
import { withPatience } from '../domain/patience.ts'
import { ModelFault } from '../models/fault.ts'
import { speak } from '../models/speak.ts'
import { mostTries, type JobPayload } from '../queue/job-types.ts'
import { HandedBack, type JobContext } from '../queue/queue.ts'
import type { Services } from '../services.ts'

const endings: Record<string, string> = { 'audio/mpeg': 'mp3', 'audio/wav': 'wav', 'audio/ogg': 'ogg', 'audio/flac': 'flac', 'audio/aac': 'aac', 'audio/mp4': 'm4a' }

interface Making { done: Promise<void>, awaited: boolean }

/** What this process makes just now. */
const makingOf = new WeakMap<Services, Map<string, Making>>()

/**
 * One job of a reading at a time. A reading that is stopped and asked for again at once has a second job while the first
 * still waits for its piece; that one waits for it, or the piece would be paid for twice. A third has nothing to add.
 */
export async function speakReply(services: Services, payload: JobPayload<'speak-reply'>, context: JobContext): Promise<void> {
  const making = makingOf.get(services) ?? new Map<string, Making>()
  makingOf.set(services, making)
  const before = making.get(payload.mediaId)
  if (before?.awaited) return
  if (before) {
    before.awaited = true
    await Promise.race([before.done, once(context.signal, 'abort')])
    before.awaited = false
    if (context.signal.aborted) throw new HandedBack()
  }
  const work = makeReading(services, payload, context)
  const mine: Making = { done: work.catch(() => {}).then(() => { making.delete(payload.mediaId) }), awaited: false }
  making.set(payload.mediaId, mine)
  await work
}

async function makeReading(services: Services, { mediaId }: JobPayload<'speak-reply'>, { signal, attempt }: JobContext): Promise<void> {
  const asked = await withPatience(services.log, () => speechToMake(services, mediaId))
  if (!asked) return
  try {
    if (attempt > mostTries) throw new Error('Every process that tried it has died')
    await makePieces(services, asked.row, asked.pieces, signal)
  }
  catch (error) {
    if (signal.aborted && !isDeadline(signal)) throw new HandedBack()
    const lasting = lastingFault(error, signal)
    if (!lasting && attempt < mostTries) throw error
    const told = lasting ?? (error instanceof AppError ? error : new AppError('internal'))
    services.log.warn({ mediaId, code: told.code, ...(error instanceof AppError ? {} : { err: error }) }, 'a reply could not be read aloud')
    await endSpeech(services, asked.row, told.toProblem())
  }
}

const isDeadline = (signal: AbortSignal) => signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError'

/** A fault that another try would only meet again; null for others. */
function lastingFault(error: unknown, signal: AbortSignal): AppError | null {
  if (signal.aborted) return new AppError('model_timed_out')
  return error instanceof AppError && !(error instanceof ModelFault && error.retryable) ? error : null
}

async function makePieces(services: Services, row: MediaRow, pieces: readonly string[], signal: AbortSignal): Promise<void> {
  const model = await services.models.speech()
  if (!model) throw new AppError('speech_not_offered')
  for (let at = row.derived.pieces?.length ?? 0; at < pieces.length; at++) {
    const bytes = await speak(model, pieces[at] ?? '', { signal, patienceMs: services.config.env.MODEL_TIMEOUT_SECONDS * 1000 })
    const kind = await judgeSound(bytes)
    if (!kind) throw new AppError('speech_no_sound')
    const { mime } = kind
    const key = keyOf(row.userId, row.id, `spoken-${at + 1}.${endings[mime] ?? 'bin'}`)
    await services.store.put(key, Readable.from([Buffer.from(bytes)]), { mime, maxBytes: bytes.length })
    const added = await addPiece(services, row, { at, of: pieces.length, key, mime, bytes: bytes.length })
    if (added?.status !== 'processing') return
  }
}
