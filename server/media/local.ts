/** The media store on local disk. It imitates S3: expiring signed links, here to our own `/files/…`. */
import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { ownFolder } from '../../db/owner-only.ts'
import { inlineMimes } from '../../shared/media.ts'
import { bytesInWords } from '../../shared/bytes.ts'
import { AppError } from '../domain/errors.ts'
import { disposition } from './disposition.ts'
import { fileLink, openFileLink, type FileClaim } from './file-links.ts'
import { lifetime } from './lifetime.ts'
import { isKey, openDisk, type Disk } from './local-disk.ts'
import { incomplete, openParts } from './local-parts.ts'
import type { MediaStore, OwnFiles, StoreReport } from './media-store.ts'
import { parseRange } from './range.ts'

/** Below this the operator is told that room gets short. */
const scarceBytes = 1024 ** 3

export interface LocalStoreOptions {
  folder: string
  /** Signs the links; links of another secret are refused. */
  secret: string
  /** Life of a link; half of it at least is left when one is given out. */
  urlSeconds: number
}

export function openLocalStore({ folder: given, secret, urlSeconds }: LocalStoreOptions): MediaStore {
  const folder = resolve(given)
  const disk = openDisk(folder)
  const parts = openParts(disk)

  const find = async (key: string) => {
    const found = isKey(key) ? await disk.find(key) : null
    if (!found) throw new AppError('media_not_found')
    return found
  }
  const signed = (claim: Omit<Extract<FileClaim, { purpose: 'part' }>, 'expires'>) => {
    const { expires } = lifetime(urlSeconds)
    return { url: fileLink(secret, { ...claim, expires }), expiresAt: expires * 1000 }
  }

  return {
    ticket: async ({ key, bytes, mime }) => {
      const { expires } = lifetime(urlSeconds)
      return { method: 'PUT', url: fileLink(secret, { purpose: 'put', key, bytes, expires }), fields: {}, headers: { 'content-type': mime }, expiresAt: expires * 1000 }
    },
    beginParts: () => parts.begin(),
    partAddress: async ({ key, uploadId, number, bytes }) => signed({ purpose: 'part', key, uploadId, number, bytes }),
    receivedParts: (_key, uploadId) => parts.received(uploadId),
    finishParts: ({ key, uploadId, count, bytes }) => parts.finish(key, uploadId, count, bytes),
    abandonParts: (_key, uploadId) => parts.abandon(uploadId),
    abandonStaleParts: before => parts.abandonStale(before),
    address: async ({ key, name, mime, inline }) => {
      const { expires } = lifetime(urlSeconds)
      return { url: fileLink(secret, { purpose: 'get', key, name, mime, inline, expires }), expiresAt: expires * 1000 }
    },
    put: (key, source, { maxBytes }) => disk.write(key, source, maxBytes),
    read: async (key, range) => {
      await find(key)
      return createReadStream(disk.pathOf(key), range ?? {})
    },
    copy: async (from, to) => {
      await find(from)
      await disk.copy(from, to)
    },
    stat: async key => isKey(key) ? disk.find(key) : null,
    list: prefix => disk.list(prefix),
    removeAll: prefix => disk.removeAll(prefix),
    check: () => check(disk, folder),
    files: openFiles(disk, parts, secret),
    close: async () => {},
  }
}

function openFiles(disk: Disk, parts: ReturnType<typeof openParts>, secret: string): OwnFiles {
  return {
    get: async (key, query, range) => {
      const claim = openFileLink(secret, ['get'], key, query)
      const found = isKey(key) ? await disk.find(key) : null
      if (!found) throw new AppError('media_not_found')
      const wanted = parseRange(range, found.bytes)
      const inline = claim.inline && inlineMimes.includes(claim.mime)
      const headers = {
        'content-type': claim.mime.startsWith('text/') ? `${claim.mime}; charset=utf-8` : claim.mime,
        'content-disposition': disposition(inline, claim.name),
        'accept-ranges': 'bytes',
        'last-modified': found.modifiedAt.toUTCString(),
        'cache-control': `private, max-age=${Math.max(0, Math.floor(claim.expires - Date.now() / 1000))}, immutable`,
        'x-content-type-options': 'nosniff',
        'content-security-policy': 'default-src \'none\'; sandbox',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
      }
      if (wanted === 'unsatisfiable')
        return { status: 416, headers: { ...headers, 'cache-control': 'no-store', 'content-range': `bytes */${found.bytes}`, 'content-length': '0' }, body: null }
      const { start, end } = wanted ?? { start: 0, end: found.bytes - 1 }
      return {
        status: wanted ? 206 : 200,
        headers: {
          ...headers,
          'content-length': String(end - start + 1),
          ...(wanted ? { 'content-range': `bytes ${start}-${end}/${found.bytes}` } : {}),
        },
        body: found.bytes === 0 ? Readable.from([]) : createReadStream(disk.pathOf(key), { start, end }),
      }
    },
    put: async (key, query, source) => {
      const claim = openFileLink(secret, ['put', 'part'], key, query)
      if (claim.purpose === 'part') return parts.put(claim.uploadId, claim.number, claim.bytes, source)
      await disk.write(key, source, claim.bytes, (bytes) => {
        if (bytes !== claim.bytes) throw incomplete()
      })
    },
  }
}

async function check(disk: Disk, folder: string): Promise<StoreReport> {
  try {
    // What an older version wrote in there was open to every account of the machine; behind a closed folder it isn't.
    ownFolder(folder)
    const key = `self-test/${randomUUID()}`
    await disk.write(key, Readable.from([Buffer.from('parley')]), 6)
    await disk.removeAll(key)
    const { bavail, bsize } = await statfs(folder)
    const free = bavail * bsize
    return { ok: true, problems: free < scarceBytes ? [`Only ${bytesInWords(free)} are free where files are kept (${folder}).`] : [] }
  }
  catch (error) {
    return { ok: false, problems: [`Files cannot be kept in ${folder}: ${error instanceof Error ? error.message : String(error)}`] }
  }
}
