/** The reading that the server's speech model makes, heard from its first piece on. */
import type { MediaView } from '../shared/media.ts'
import type { LiveEvent } from '../shared/protocol.ts'
import { LostError, RefusedError } from './problems.ts'
import type { Problem } from '../shared/errors.ts'

export interface SpeakParts {
  player: HTMLAudioElement
  /** Has it made, or gives what there is of it. */
  begin(): Promise<MediaView>
  /** The same, with new addresses. */
  renew(id: string): Promise<MediaView | null>
  /** Nobody listens any more: no more of it is to be made. */
  end(): void
  on(listener: (event: LiveEvent) => void): () => void
  /** How far the making of what is waited for is (0 to 100); null while it is heard. */
  waits(percent: number | null): void
}

/** News may be lost: then it is asked for. */
const askEveryMs = 2_000
/** Nothing new for so long is no waiting but a fault. */
const patienceMs = 3 * 60_000

const aborted = (signal: AbortSignal) => new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

/** Waits until there is more of it, or it has ended. */
async function more(media: MediaView, { renew, on }: SpeakParts, stop: Promise<never>): Promise<MediaView> {
  let told: MediaView | null = null
  let wake = () => {}
  const off = on((event) => {
    if (event.type !== 'media.changed' || event.media.id !== media.id) return
    told = event.media
    wake()
  })
  try {
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += askEveryMs) {
      await Promise.race([new Promise<void>((resolve) => { wake = resolve }), pause(askEveryMs), stop])
      const now: MediaView | null = told ?? await renew(media.id).catch(() => null)
      told = null
      if (now && (now.status !== 'processing' || now.pieces.length > media.pieces.length)) return now
    }
  }
  finally {
    off()
  }
  throw new LostError('the reading did not come')
}

function play(player: HTMLAudioElement, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    player.onended = () => resolve()
    player.onerror = () => reject(new LostError('a piece could not be played'))
    player.src = url
    player.play().catch((error: unknown) => { if (!(error instanceof DOMException && error.name === 'AbortError')) reject(error) })
  })
}

/** Plays a piece; with a new address when the old one does not work (any more). */
async function playPiece(at: number, media: MediaView, parts: SpeakParts): Promise<MediaView> {
  const address = media.pieces[at]
  if (!address) return media
  const soon = Date.now() + 5_000
  const fresh = address.expiresAt < soon ? await parts.renew(media.id) ?? media : media
  try {
    await play(parts.player, fresh.pieces[at]?.url ?? address.url)
    return fresh
  }
  catch (error) {
    const again = error instanceof LostError ? await parts.renew(media.id) : null
    const url = again?.pieces[at]?.url
    if (!again || !url) throw error
    await play(parts.player, url)
    return again
  }
}

/**
 * Reads to the end.
 * @throws RefusedError when it cannot be read, LostError when nothing comes, the signal's reason
 */
export async function speakByServer(parts: SpeakParts, signal: AbortSignal): Promise<void> {
  // It may have been stopped while a voice was looked for.
  signal.throwIfAborted()
  const stop = aborted(signal)
  stop.catch(() => {})
  parts.waits(0)
  let media = await Promise.race([parts.begin(), stop])
  try {
    for (let at = 0; ; at++) {
      while (media.pieces.length <= at && media.status === 'processing') {
        parts.waits(media.progress)
        media = await more(media, parts, stop)
      }
      if (media.pieces.length <= at && media.status === 'failed') throw new RefusedError(media.error as Problem)
      if (media.pieces.length <= at) return
      parts.waits(null)
      media = await Promise.race([playPiece(at, media, parts), stop])
    }
  }
  catch (error) {
    parts.player.pause()
    if (signal.aborted && media.status === 'processing') parts.end()
    throw error
  }
}
