/** The one store of a process: what all its replies published goes to the database in one fenced statement. */
import { storeDeltas, type StoredDeltas } from '../../db/queries/deltas.ts'
import { mustEnd } from '../../db/queries/messages.ts'
import type { Services } from '../services.ts'
import type { DeltaStream } from './delta-stream.ts'

/** Why a model call is ended before its time. */
export class Ended extends Error {
  readonly why: 'stopped' | 'lost' | 'deleted'

  constructor(why: 'stopped' | 'lost' | 'deleted') {
    super(`The reply was ${why}`)
    this.why = why
  }
}

/** Stores what was published since; a stream that the fence refused is somebody else's by now, and ends. */
async function storeAll({ database }: Pick<Services, 'database'>, streams: readonly DeltaStream[]): Promise<void> {
  const batch = new Map<DeltaStream, StoredDeltas>()
  for (const stream of streams) {
    if (stream.unstored.length === 0) continue
    const { id: messageId, epoch } = stream.writing
    batch.set(stream, { messageId, epoch, n: stream.n - stream.unstored.length + 1, upto: stream.n, chunks: [...stream.unstored] })
  }
  if (batch.size === 0) return
  const taken = await database.lax(() => storeDeltas(database.db, [...batch.values()]))
  for (const [stream, { messageId, chunks }] of batch) {
    if (taken.has(messageId)) stream.unstored = stream.unstored.slice(chunks.length)
    else stream.abort.abort(new Ended('lost'))
  }
}

/** Ends the streams whose rows say so: stopped by a person, taken by another writer, or gone. */
async function heedRows({ database }: Pick<Services, 'database'>, streams: readonly DeltaStream[]): Promise<void> {
  const rows = new Map((await mustEnd(database.db, streams.map(stream => stream.writing.id))).map(row => [row.id, row]))
  for (const { writing, abort } of streams) {
    const row = rows.get(writing.id)
    if (!row) abort.abort(new Ended('deleted'))
    else if (row.epoch !== writing.epoch) abort.abort(new Ended('lost'))
    else if (row.stopped) abort.abort(new Ended('stopped'))
  }
}

export async function storeAndHeed(services: Pick<Services, 'database'>, streams: readonly DeltaStream[]): Promise<void> {
  await storeAll(services, streams)
  await heedRows(services, streams)
}
