/**
 * What is remembered of the parts of a file that have arrived, where this browser keeps no copy of the file itself. After a
 * reload the file is chosen again, and may have changed meanwhile or be another one: only parts with the same bytes count.
 */
import type { DigestKeep } from './browser-keep.ts'
import { hashOf } from './file-hash.ts'

export interface PartDigests {
  /** Those of these parts that have the bytes that were sent. */
  same(numbers: readonly number[], partOf: (number: number) => Blob): Promise<number[]>
  sent(number: number, part: Blob): Promise<void>
}

/** Where a page comes without https nothing can be compared, so all of a file that was chosen again is sent again. */
export function openDigests(id: string, keep: DigestKeep): PartDigests {
  // Read once: parts arrive side by side, and each is written with all that are known.
  const kept = keep.get(id).then(found => found ?? {}, (): Record<number, string> => ({}))
  /** Parts that are known to be there with these bytes. */
  const sure = new Set<number>()
  return {
    async same(numbers, partOf) {
      const digests = await kept
      // One after the other, so that no more than one part is in memory.
      for (const number of numbers)
        if (!sure.has(number) && digests[number] !== undefined && digests[number] === await hashOf(partOf(number))) sure.add(number)
      return numbers.filter(number => sure.has(number))
    },
    async sent(number, part) {
      sure.add(number)
      const [digests, digest] = [await kept, await hashOf(part)]
      if (digest === undefined) return
      digests[number] = digest
      await keep.set(id, digests).catch(() => {})
    },
  }
}
