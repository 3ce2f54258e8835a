/** What a model is told of a conversation: the branch that leads to the user's message. */
import type { Readable } from 'node:stream'
import { branch } from '../../db/queries/messages.ts'
import { listMediaOfMessages, type MediaRow } from '../../db/queries/media.ts'
import type { HistoryMedia, HistoryMessage } from '../models/reply-run.ts'
import type { Services } from '../services.ts'
import { AppError } from './errors.ts'

/** Messages and UTF-16 units of text a model is given at most, counted from the newest: a bound on memory, not on what models take. */
const mostMessages = 400
const mostUnits = 2_000_000
/** Bytes of one file that are loaded for a model. */
const mostBytes = 50 * 1024 * 1024

async function toBytes(stream: Readable): Promise<Uint8Array> {
  const pieces: Buffer[] = []
  try {
    for await (const piece of stream) pieces.push(piece as Buffer)
  }
  // The store was there when it was asked, and went away in the middle.
  catch (cause) { throw new AppError('store_unreachable', { cause }) }
  return Buffer.concat(pieces)
}

function historyMedia(services: Services, row: MediaRow): HistoryMedia {
  const load = async (key: string) => toBytes(await services.store.read(key))
  return {
    id: row.id, type: row.type, name: row.name, mime: row.mime, bytes: row.bytes,
    read: () => load(row.bytes <= mostBytes ? row.filePath : row.derived.playable ?? row.filePath),
    transcript: row.transcript?.map(line => line.text).join(' ') ?? null,
    extractedText: row.extractedText,
    frames: (row.derived.frames ?? []).map(key => () => load(key)),
    durationMs: row.durationMs, width: row.width, height: row.height, pages: row.pages,
  }
}

/** Oldest first, ending with `leafId`. Replies that failed without a word, and unfinished ones, are left out. */
export async function historyFor(services: Services, leafId: string): Promise<HistoryMessage[]> {
  const { db } = services.database
  const found = (await branch(db, leafId, mostMessages)).filter(row => row.role === 'user' || row.parts.length > 0)
  let units = 0
  const first = found.findLastIndex(row => (units += row.content.length) > mostUnits)
  const told = found.slice(first + 1)
  const media = Map.groupBy(await listMediaOfMessages(db, told.map(row => row.id)), row => row.messageId)
  return told.map(row => ({ role: row.role, parts: row.parts, media: (media.get(row.id) ?? []).map(item => historyMedia(services, item)) }))
}

/** Pictures of the branch that ends with this reply, oldest first; those it has made itself until now are among them. */
export async function picturesFor(services: Services, replyId: string): Promise<HistoryMedia[]> {
  const { db } = services.database
  const ids = (await branch(db, replyId, mostMessages)).map(row => row.id)
  const found = (await listMediaOfMessages(db, ids)).filter(row => row.type === 'image' && row.status !== 'failed')
  const place = new Map(ids.map((id, at) => [id, at]))
  const at = (row: MediaRow) => place.get(row.messageId ?? '') ?? 0
  return found.sort((a, b) => at(a) - at(b)).map(row => historyMedia(services, row))
}
