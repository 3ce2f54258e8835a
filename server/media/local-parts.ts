/**
 * Uploads in parts on local disk, in the shape S3 gives them: each part is a file of its own until the object is made
 * of all of them, one after the other.
 */
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../domain/errors.ts'
import type { Disk } from './local-disk.ts'
import { measure } from './measure.ts'
import { isMissing } from './missing.ts'

const isUploadId = (text: string) => /^parts-[0-9a-f-]{36}$/.test(text)
export const incomplete = () => new AppError('media_incomplete', { details: { name: 'The file' } })

/** One buffer for all, since a stream would leave behind one for each piece of a file of gigabytes. */
const pieceBytes = 1024 ** 2

async function concatenate(paths: string[], to: string): Promise<void> {
  const piece = Buffer.allocUnsafeSlow(pieceBytes)
  await using target = await open(to, 'wx', 0o600)
  for (const path of paths) {
    await using source = await open(path)
    for (let read = await source.read(piece); read.bytesRead > 0; read = await source.read(piece))
      await target.writeFile(piece.subarray(0, read.bytesRead))
  }
  await target.sync()
}

/** Nothing stays of a try that failed, most likely for want of room. */
async function assemble(paths: string[], to: string, moveIn: (path: string) => Promise<void>): Promise<void> {
  try {
    await concatenate(paths, to)
    await moveIn(to)
  }
  catch (error) {
    await rm(to, { force: true })
    throw error
  }
}

export function openParts(disk: Disk) {
  const folderOf = (uploadId: string) => {
    if (!isUploadId(uploadId)) throw new AppError('media_not_found')
    return join(disk.unfinishedFolder, uploadId)
  }

  const received = async (uploadId: string) => {
    const names = await readdir(folderOf(uploadId)).catch((error: unknown) => {
      if (isMissing(error)) return []
      throw error
    })
    const numbers = names.filter(name => /^\d+$/.test(name)).map(Number).sort((a, b) => a - b)
    return Promise.all(numbers.map(async number => ({ number, bytes: (await stat(join(folderOf(uploadId), String(number)))).size })))
  }

  const abandon = (uploadId: string) => rm(folderOf(uploadId), { recursive: true, force: true })

  return {
    received,
    abandon,
    begin: async () => {
      const uploadId = `parts-${randomUUID()}`
      await mkdir(folderOf(uploadId), { recursive: true, mode: 0o700 })
      return uploadId
    },
    put: async (uploadId: string, number: number, bytes: number, source: Readable) => {
      const path = join(folderOf(uploadId), String(number))
      const temporary = `${path}.${randomUUID()}`
      try {
        const measured = measure(bytes)
        await pipeline(source, measured.step, createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true }))
        if (measured.result().bytes !== bytes) throw incomplete()
        await rename(temporary, path)
      }
      catch (error) {
        await rm(temporary, { force: true })
        throw isMissing(error) ? new AppError('media_not_found', { cause: error }) : error
      }
    },
    /** Copies rather than moves, so that being cut off at any point leaves every part in place. */
    finish: async (key: string, uploadId: string, count: number, bytes: number) => {
      const parts = await received(uploadId)
      const whole = parts.length === count && parts.every((part, at) => part.number === at + 1)
      if (!whole || parts.reduce((sum, part) => sum + part.bytes, 0) !== bytes) throw incomplete()
      const paths = parts.map(({ number }) => join(folderOf(uploadId), String(number)))
      await assemble(paths, join(folderOf(uploadId), `joined.${randomUUID()}`), path => disk.moveIn(path, key))
      await abandon(uploadId)
    },
    /** Also clears away single files that were cut off. */
    abandonStale: async (before: Date) => {
      const names = await readdir(disk.unfinishedFolder).catch(() => [])
      let abandoned = 0
      for (const name of names) {
        const path = join(disk.unfinishedFolder, name)
        const found = await stat(path).catch(() => null)
        if (!found || found.mtime >= before) continue
        await rm(path, { recursive: true, force: true })
        if (isUploadId(name)) abandoned += 1
      }
      return abandoned
    },
  }
}
