/**
 * A large file in parts, several at a time. What has arrived is asked for first, so it goes on where it was cut off: after a
 * lost network as after a reload.
 */
import type { PartsView } from '../shared/media.ts'
import type { PartDigests } from './part-digests.ts'
import { isGood, type Sending, type Sent, type Watching } from './send-bytes.ts'

export interface PartsUpload extends Watching {
  file: Blob
  /** What has arrived, and addresses for these parts. Rejects when our server cannot be reached or says no. */
  ask(numbers: number[]): Promise<PartsView>
  send(sending: Sending, watching: Watching): Promise<Sent>
  /** Waits; rejects when cancelled. */
  pause(ms: number): Promise<void>
  /** Of a file that may not be the one that was begun to be sent. */
  digests?: PartDigests | null
}

const atOnce = 3
/** Pauses before a part is tried again. */
const pausesMs = [500, 2_000]

/** Sends one part; false when the store doesn't take it although our server can be reached. */
async function sendPart(upload: PartsUpload, number: number, body: Blob, progress: (sentBytes: number) => void): Promise<boolean> {
  for (const pauseMs of [...pausesMs, null]) {
    // A fresh address each time: the last one may have expired. It also tells a lost network from a store that is down.
    const address = (await upload.ask([number])).addresses[0]
    if (!address) return false
    const { status } = await upload.send({ method: 'PUT', url: address.url, body }, { signal: upload.signal, progress })
    if (isGood(status)) {
      await upload.digests?.sent(number, body)
      return true
    }
    progress(0)
    if (pauseMs !== null) await upload.pause(pauseMs)
  }
  return false
}

/** Sends every part that is missing; false when the store can't be reached from here. Rejects as `ask` and `pause` do. */
export async function sendInParts(upload: PartsUpload): Promise<boolean> {
  const { file, progress } = upload
  const { bytes, count, received } = await upload.ask([])
  const partOf = (number: number) => file.slice((number - 1) * bytes, number * bytes)
  const arrived = await upload.digests?.same(received, partOf) ?? received
  upload.signal.throwIfAborted()
  const sent = new Map(arrived.map(number => [number, partOf(number).size]))
  const tell = () => progress([...sent.values()].reduce((sum, size) => sum + size, 0))
  tell()

  const missing = Array.from({ length: count }, (_, at) => at + 1).filter(number => !sent.has(number))
  let reached = true
  const lane = async () => {
    for (let number = missing.shift(); number !== undefined && reached; number = missing.shift()) {
      const part = number
      const isThere = await sendPart(upload, part, partOf(part), (sentBytes) => {
        sent.set(part, sentBytes)
        tell()
      })
      if (!isThere) reached = false
    }
  }
  // All lanes come to their end before a failure is told, so that a next try never runs beside them.
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, lane))
  const failure = ends.find(end => end.status === 'rejected')
  if (failure) throw failure.reason
  return reached
}
