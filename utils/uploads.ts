/** Uploads of this tab: three at a time, kept in the browser until they have arrived, whoever waits for them. */
import type { MediaView } from '../shared/media.ts'
import { digestKeep, fileKeep, type KeptFile } from './browser-keep.ts'
import { localMedia } from './local-media.ts'
import { openDigests, type PartDigests } from './part-digests.ts'
import { LostError } from './problems.ts'
import { uploadFile } from './upload-file.ts'

/** More than this is not copied into the browser's own storage; it must be chosen again after a reload, and goes on where it was. */
const keptBytes = 256 * 1024 ** 2
const atOnce = 3

interface Running { promise: Promise<MediaView>, cancel: AbortController }

let keep: ReturnType<typeof fileKeep> | undefined
let digests: ReturnType<typeof digestKeep> | undefined
/** Files that this browser keeps no copy of, and what is known of their parts. */
const unkept = new Map<string, PartDigests>()
const running = new Map<string, Running>()
const queue: (() => void)[] = []
let busy = 0

const store = () => keep ??= fileKeep()
const digestStore = () => digests ??= digestKeep()

async function forget(id: string): Promise<void> {
  unkept.delete(id)
  await Promise.allSettled([store().remove(id), digestStore().remove(id)])
}

async function inTurn<T>(run: () => Promise<T>): Promise<T> {
  if (busy >= atOnce) await new Promise<void>(resolve => queue.push(resolve))
  busy++
  try {
    return await run()
  }
  finally {
    busy--
    queue.shift()?.()
  }
}

/** Puts a file into the browser's storage, so that a reload or a dead network doesn't lose it. */
export async function keepFile(id: string, file: File): Promise<void> {
  const isKept = file.size <= keptBytes && await store().set(id, { id, name: file.name, file, keptAt: Date.now() }).then(() => true, () => false)
  if (!isKept) isNotKept(id)
}

/** A file of which this browser has no copy is begun to be sent, or chosen again: then its parts are compared. */
export function isNotKept(id: string): void {
  unkept.set(id, openDigests(id, digestStore()))
}

/** The file as it was kept, with the name it had; null when it isn't here (any more). */
export const keptFile = async (id: string): Promise<Blob | null> => (await store().get(id).catch(() => null))?.file ?? null

/** Uploads a file, or joins its upload when it is under way. */
export function startUpload(id: string, name: string, file: Blob, progress: (sentBytes: number) => void = () => {}): Promise<MediaView> {
  const known = running.get(id)
  if (known) return known.promise
  const cancel = new AbortController()
  const upload = async () => {
    cancel.signal.throwIfAborted()
    const media = await uploadFile({ id, name, file, signal: cancel.signal, progress, digests: unkept.get(id) ?? null })
    localMedia.set(id, { ...localMedia.get(id), ...media, original: media.original ?? localMedia.get(id)?.original ?? null })
    await forget(id)
    return media
  }
  const promise = inTurn(upload).finally(() => running.delete(id))
  running.set(id, { promise, cancel })
  return promise
}

/** Ends an upload and forgets the file, here and on the server. */
export async function cancelUpload(id: string): Promise<void> {
  running.get(id)?.cancel.abort(new LostError('cancelled'))
  localMedia.delete(id)
  await Promise.allSettled([forget(id), fetch(`/api/media/${id}`, { method: 'DELETE', keepalive: true })])
}

/** Waits until all these files are on the server, uploading those that are still only here. */
export async function ensureUploaded(mediaIds: readonly string[]): Promise<void> {
  await Promise.all(mediaIds.map(async (id) => {
    const known = running.get(id)
    if (known) return known.promise
    const kept: KeptFile | null = await store().get(id).catch(() => null)
    if (kept) await startUpload(id, kept.name, kept.file)
  }))
}
