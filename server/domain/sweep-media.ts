/** Media that nobody will ask for again: abandoned uploads, and objects that no row names. */
import * as queries from '../../db/queries/media.ts'
import type { MediaRow } from '../../db/queries/media.ts'
import type { Services } from '../services.ts'
import { removeObjects } from './remove-objects.ts'

/** Younger objects and uploads may still be on their way to a row or a message. */
const restMs = 24 * 60 * 60_000
/** Objects that are looked up together. */
const batchSize = 500

/** Once a day, by any number of workers: each step may be done twice. */
export async function sweepMedia(services: Services): Promise<void> {
  const abandoned = await sweepAbandoned(services)
  const orphans = await sweepOrphans(services)
  if (abandoned + orphans > 0) services.log.info({ abandoned, orphans }, 'media swept')
}

/** Removes uploads that no message took within a day. @returns how many */
export async function sweepAbandoned({ database: { db }, queue, store }: Services, before = new Date(Date.now() - restMs)): Promise<number> {
  const abandoned = await queries.listAbandoned(db, before, 1000)
  if (abandoned.length > 0) {
    await db.transaction(async (tx) => {
      // Asked again inside: a message may have taken one since.
      const still = (await queries.listAbandoned(tx, before, 1000)).filter(row => abandoned.some(({ id }) => id === row.id))
      await queries.insertTombstones(tx, still.map(({ id }) => id))
      await queries.deleteMediaRows(tx, still.map(({ id }) => id))
      await removeObjects(queue, tx, still.map(({ filePath }) => queries.prefixOf(filePath)))
    })
  }
  await store.abandonStaleParts(before)
  return abandoned.length
}

const keysOf = ({ filePath, derived: { thumbnail, poster, playable, frames = [], pieces = [] } }: Pick<MediaRow, 'filePath' | 'derived'>) =>
  [filePath, thumbnail, poster, playable, ...frames, ...pieces].filter(key => key !== undefined)

/**
 * Removes objects that no row names and that are older than a day: what a fault left between a store and a database,
 * which no transaction can span. Files that are still processed keep all of theirs. @returns how many
 */
export async function sweepOrphans(services: Services, before = new Date(Date.now() - restMs)): Promise<number> {
  let removed = 0
  let candidates: string[] = []
  for await (const { key, modifiedAt } of services.store.list('')) {
    if (modifiedAt < before) candidates.push(key)
    if (candidates.length < batchSize) continue
    removed += await removeUnnamed(services, candidates)
    candidates = []
  }
  return removed + await removeUnnamed(services, candidates)
}

/** A file's folder is named after its first row, which lives as long as any row that shares it. */
async function removeUnnamed({ database: { db }, store }: Services, keys: readonly string[]): Promise<number> {
  const ids = new Set(keys.map(key => key.split('/')[1] ?? ''))
  const rows = await queries.listObjectsOf(db, [...ids])
  const named = new Set(rows.flatMap(keysOf))
  const busy = new Set(rows.filter(({ status }) => status === 'processing' || status === 'uploading').map(({ filePath }) => queries.prefixOf(filePath)))
  let removed = 0
  for (const key of keys)
    if (!named.has(key) && !busy.has(queries.prefixOf(key))) removed += await store.removeAll(key)
  return removed
}
