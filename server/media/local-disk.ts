/** Files under one folder by key, written whole or not at all. The engine of the local media store. */
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { link, mkdir, opendir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isMissing } from './missing.ts'
import { measure } from './measure.ts'
import type { StoredObject } from './media-store.ts'

/** Where unfinished files are; no key starts with a dot. */
const unfinished = '.unfinished'

/** Segments of letters, digits, `_`, `-` and inner dots: no way out of the folder, no hidden files. */
export const isKey = (key: string): boolean => key.length <= 500 && /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(key) && !key.includes('..')

// eslint-disable-next-line max-lines-per-function -- small functions that share one folder
export function openDisk(folder: string) {
  const pathOf = (key: string) => {
    if (!isKey(key)) throw new Error('Not a key of this store')
    return join(folder, ...key.split('/'))
  }

  const freshPath = async () => {
    await mkdir(join(folder, unfinished), { recursive: true, mode: 0o700 })
    return join(folder, unfinished, randomUUID())
  }

  /** A folder that a removal empties at the same moment may vanish between the two steps, so it is tried again. */
  const moveIn = async (from: string, key: string, triesLeft = 3): Promise<void> => {
    const to = pathOf(key)
    await mkdir(dirname(to), { recursive: true, mode: 0o700 })
    try {
      await rename(from, to)
    }
    catch (error) {
      if (!isMissing(error) || triesLeft === 0) throw error
      await moveIn(from, key, triesLeft - 1)
    }
  }

  const write = async (key: string, source: Readable, maxBytes: number, accept: (bytes: number) => void = () => {}) => {
    pathOf(key)
    const path = await freshPath()
    try {
      const measured = measure(maxBytes)
      await pipeline(source, measured.step, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }))
      const result = measured.result()
      accept(result.bytes)
      await moveIn(path, key)
      return result
    }
    catch (error) {
      await rm(path, { force: true })
      throw error
    }
  }

  /** A hard link is enough: files are only ever replaced, never written into. */
  const copy = async (from: string, to: string) => {
    const path = await freshPath()
    await link(pathOf(from), path)
    await moveIn(path, to)
    // Renaming one link of a file over another of the same file does nothing and leaves both.
    await rm(path, { force: true })
  }

  const find = async (key: string): Promise<StoredObject | null> => {
    try {
      const found = await stat(pathOf(key))
      return found.isFile() ? { key, bytes: found.size, modifiedAt: found.mtime } : null
    }
    catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }

  async function* walk(path: string): AsyncGenerator<string> {
    let entries
    try {
      entries = await opendir(path)
    }
    catch (error) {
      if (isMissing(error)) return
      throw error
    }
    for await (const entry of entries) {
      if (entry.name.startsWith('.')) continue
      if (entry.isDirectory()) yield* walk(join(path, entry.name))
      else yield join(path, entry.name)
    }
  }

  async function* list(prefix: string): AsyncGenerator<StoredObject> {
    const parent = prefix.slice(0, prefix.lastIndexOf('/') + 1)
    if (parent !== '' && !isKey(parent.slice(0, -1))) return
    for await (const path of walk(join(folder, parent))) {
      const key = relative(folder, path).split(sep).join('/')
      const found = key.startsWith(prefix) ? await find(key) : null
      if (found) yield found
    }
  }

  /** Removes folders that became empty, up to the store's own. */
  const tidy = async (key: string): Promise<void> => {
    for (let path = dirname(pathOf(key)); path !== folder && path.startsWith(folder); path = dirname(path)) {
      const removed = await rmdir(path).then(() => true, () => false)
      if (!removed) return
    }
  }

  const removeAll = async (prefix: string): Promise<number> => {
    let removed = 0
    for await (const { key } of list(prefix)) {
      await rm(pathOf(key), { force: true })
      await tidy(key)
      removed += 1
    }
    return removed
  }

  return { pathOf, write, moveIn, copy, find, list, removeAll, unfinishedFolder: join(folder, unfinished) }
}

export type Disk = ReturnType<typeof openDisk>
