/** Makes of an uploaded file what pages and models need, and says so. Done twice it makes the same objects; one result counts. */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import * as queries from '../../db/queries/media.ts'
import type { MediaChange, MediaRow } from '../../db/queries/media.ts'
import type { Derived } from '../../db/tables.ts'
import { sentence, type Problem } from '../../shared/errors.ts'
import { AppError } from '../domain/errors.ts'
import { announce, touch, type MediaNews } from '../domain/media-news.ts'
import { withPatience, withStorePatience } from '../domain/patience.ts'
import { removeObjects } from '../domain/remove-objects.ts'
import { admitReplies } from '../domain/replies.ts'
import { measure } from '../media/measure.ts'
import { runTask } from '../media-processing/run.ts'
import { BadFile, CrashedFile, type Forms, type Made, type Trouble } from '../media-processing/task.ts'
import { transcribeFile, type Transcript } from '../media-processing/transcribe.ts'
import { withWorkFolder } from '../media-processing/work-folder.ts'
import { mostTries, type JobPayload } from '../queue/job-types.ts'
import { HandedBack, type JobContext } from '../queue/queue.ts'
import type { Services } from '../services.ts'

/** A store that is away is waited for here, so that it costs the file none of its tries. */
const storePatienceMs = 10 * 60_000
/** How often people hear of progress. */
const tellEveryMs = 500
const mimes: Record<string, string> = { webp: 'image/webp', jpg: 'image/jpeg', png: 'image/png', gif: 'image/gif', mp4: 'video/mp4', m4a: 'audio/mp4' }
const mimeOf = (file: string) => mimes[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream'

const problem = ({ code, details }: Trouble): Problem => ({ code, message: sentence(code, details) })

export async function processMedia(services: Services, { mediaId }: JobPayload<'process-media'>, { signal, attempt }: JobContext): Promise<void> {
  // A database that is away costs the file none of its tries either.
  const row = await withPatience(services.log, () => queries.findMedia(services.database.db, mediaId))
  if (row?.status !== 'processing') return
  try {
    if (attempt > mostTries) throw new Error('Every process that tried it has died')
    const { change, stale } = await withStorePatience(services.log, { signal, forMs: storePatienceMs }, () => withWorkFolder(folder => make(services, row, folder, signal)))
    await withPatience(services.log, () => settle(services, row, change, stale))
  }
  catch (error) {
    if (signal.aborted && !isDeadline(signal)) throw new HandedBack()
    await giveUp(services, row, error, { fault: faultOf(error, signal, row), attempt })
  }
}

/** Tells the person; but a fault of the machine, and what may be one, is thrown until the last try, and so tried again. */
async function giveUp(services: Services, row: MediaRow, error: unknown, { fault, attempt }: { fault: Problem | null, attempt: number }): Promise<void> {
  const passing = !fault || error instanceof CrashedFile
  if (passing && attempt < mostTries) throw error
  services.log.warn({ mediaId: row.id, code: fault?.code ?? 'internal', ...(passing ? { err: error } : {}) }, 'media could not be processed')
  await settle(services, row, { status: 'failed', error: fault ?? new AppError('internal').toProblem() }, [])
}

const isDeadline = (signal: AbortSignal) => signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError'

/** What is wrong with the file; null for a fault that is not its own. */
function faultOf(error: unknown, signal: AbortSignal, { name }: MediaRow): Problem | null {
  if (isDeadline(signal)) return problem({ code: 'media_took_too_long', details: { name } })
  if (error instanceof BadFile) return problem(error.trouble)
  return error instanceof AppError && error.code === 'media_not_found' ? problem({ code: 'media_incomplete', details: { name } }) : null
}

async function make(services: Services, row: MediaRow, folder: string, signal: AbortSignal): Promise<{ change: MediaChange, stale: string[] }> {
  const { store, models } = services
  const path = join(folder, 'file')
  const made = join(folder, 'made')
  await mkdir(made, { recursive: true })
  const measured = measure(row.bytes)
  await pipeline(await store.read(row.filePath), measured.step, createWriteStream(path), { signal })
  const { bytes, sha256 } = measured.result()
  if (bytes !== row.bytes) throw new BadFile('media_incomplete', { name: row.name })
  const transcriber = row.type === 'audio' || row.type === 'video' ? await models.transcription() : null
  const tell = teller(services, row)
  const task = { path, folder: made, type: row.type, mime: row.mime, name: row.name, wantsSound: transcriber !== null }
  const { facts, forms, notice } = await runTask(task, { signal, say: percent => tell(percent * 0.85) })
  const transcript = transcriber ? await transcribeFile(services, transcriber, { ...row, durationMs: facts.durationMs ?? null }, forms.sound ? join(made, forms.sound) : path, signal) : null
  tell(90)
  const stored = await storeForms(services, row, made, forms, signal)
  return {
    change: {
      status: 'ready', progress: 100, error: null, ...facts, ...stored.change, sha256: row.sha256 ?? sha256,
      ...finding(notice, transcript),
    },
    stale: stored.stale,
  }
}

/** Notice and transcript; what the file lacks says more than that nothing was understood of it. */
function finding(notice: Made['notice'], transcript: Transcript | null): MediaChange {
  const told = notice ?? transcript?.trouble ?? null
  return { notice: told ? problem(told) : null, ...(transcript?.lines ? { transcript: transcript.lines, extractedText: transcript.text } : {}) }
}

/** Stores the forms under their fixed keys. A cleaned picture takes the place of the one that was sent. */
async function storeForms({ store }: Services, row: MediaRow, made: string, { clean, thumbnail, poster, playable, frames }: Forms, signal: AbortSignal): Promise<{ change: MediaChange, stale: string[] }> {
  const folder = queries.prefixOf(row.filePath).slice(0, -1)
  let storedBytes = row.bytes
  const keep = async (file: string) => {
    signal.throwIfAborted()
    const { size } = await stat(join(made, file))
    const key = `${folder}/${file}`
    await store.put(key, createReadStream(join(made, file)), { mime: mimeOf(file), maxBytes: size })
    storedBytes += size
    return key
  }
  const derived: Derived = {
    ...(thumbnail ? { thumbnail: await keep(thumbnail) } : {}),
    ...(poster ? { poster: await keep(poster) } : {}),
    ...(playable ? { playable: await keep(playable) } : {}),
  }
  if (frames?.length) {
    derived.frames = []
    for (const frame of frames) derived.frames.push(await keep(frame))
  }
  if (!clean) return { change: { derived, storedBytes }, stale: [] }
  const filePath = await keep(clean)
  const { size: bytes } = await stat(join(made, clean))
  const mime = mimeOf(clean)
  // What is downloaded has the ending of what it is.
  const name = mime === row.mime ? row.name : row.name.replace(/\.[^.]+$|$/, clean.slice(clean.lastIndexOf('.')))
  return { change: { derived, filePath, mime, name, bytes, storedBytes: storedBytes - row.bytes }, stale: [row.filePath] }
}

/** The final word, once: only while the row is still being processed. What was made for a row that is gone, goes too. */
async function settle(services: Services, row: MediaRow, change: MediaChange, stale: string[]): Promise<void> {
  const news = await services.database.db.transaction(async (tx) => {
    const conversationIds = await queries.lockConversationsOf(tx, row.filePath)
    const changed = await queries.changeProcessing(tx, row.filePath, change)
    const told: MediaNews[] = []
    for (const each of changed) told.push(await touch(tx, each))
    const prefixes = changed.length > 0 ? stale : await queries.findMedia(tx, row.id) ? [] : [queries.prefixOf(row.filePath)]
    await removeObjects(services.queue, tx, prefixes)
    for (const conversationId of conversationIds) await admitReplies(services, tx, { conversationId })
    return told
  })
  await announce(services, news)
}

/** Progress goes up only, and people hear of it twice a second at most. Losing one of these costs nothing. */
function teller(services: Services, row: MediaRow): (percent: number) => void {
  let last = { at: 0, percent: row.progress }
  return (percent) => {
    const whole = Math.floor(percent)
    if (whole <= last.percent || Date.now() - last.at < tellEveryMs) return
    last = { at: Date.now(), percent: whole }
    tellProgress(services, row, whole).catch((error: unknown) => services.log.warn({ err: error, mediaId: row.id }, 'progress could not be told'))
  }
}

async function tellProgress(services: Services, row: MediaRow, progress: number): Promise<void> {
  const { db } = services.database
  for (const { id, userId, messageId } of await queries.changeProcessing(db, row.filePath, { progress })) {
    const conversationId = messageId === null ? null : await queries.conversationOfMessage(db, messageId)
    await announce(services, [{ mediaId: id, userId, conversationId, seq: null }])
  }
}
