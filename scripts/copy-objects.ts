import type { MediaStore } from '../server/media/media-store.ts'

export interface ObjectsCopied { copied: number, there: number, bytes: number }

/** How many go at once. */
const atOnce = 4

/**
 * Copies every object into another store, except those it has already in the same size: keys are never used twice, so
 * that is the same file. May be run again after being cut off.
 */
export async function copyObjects(from: MediaStore, to: MediaStore, progress: (so: ObjectsCopied) => void): Promise<ObjectsCopied> {
  const so = { copied: 0, there: 0, bytes: 0 }
  const objects = from.list('')[Symbol.asyncIterator]()
  const copyOnAndOn = async () => {
    for (;;) {
      const next = await objects.next()
      if (next.done) return
      const { key, bytes } = next.value
      if ((await to.stat(key))?.bytes === bytes) so.there += 1
      else {
        // Its type is told with each address, so the one stored with it doesn't matter.
        await to.put(key, await from.read(key), { mime: 'application/octet-stream', maxBytes: bytes })
        so.copied += 1
        so.bytes += bytes
      }
      progress(so)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, copyOnAndOn))
  return so
}
