import { describe, expect, it } from 'vitest'
import type { MediaView } from '../../../shared/media.ts'
import type { LiveEvent } from '../../../shared/protocol.ts'
import { RefusedError } from '../../../utils/problems.ts'
import { speakByServer } from '../../../utils/speak-by-server.ts'
import { until } from '../../support/until.ts'

const reading = (pieces: number, change: Partial<MediaView> = {}): MediaView => ({
  id: 'r', status: 'processing', progress: 0, error: null, pieces: Array.from({ length: pieces }, (_, at) => ({ url: `/files/${at + 1}`, expiresAt: Number.MAX_SAFE_INTEGER })), ...change,
} as MediaView)

/** A listener whose player and server the test plays. */
function begin(first: MediaView, signal = new AbortController()) {
  const played: string[] = []
  const waits: (number | null)[] = []
  const listeners = new Set<(event: LiveEvent) => void>()
  let ends = 0
  let renewed = first
  const player = { src: '', onended: null as (() => void) | null, onerror: null as (() => void) | null, pause: () => {}, play: async () => { played.push(player.src) } }
  const done = speakByServer({
    player: player as unknown as HTMLAudioElement,
    begin: async () => first, renew: async () => renewed, end: () => { ends++ }, waits: percent => waits.push(percent),
    on: (listener) => {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
  }, signal.signal)
  done.catch(() => {})
  return {
    played, waits, done, signal, listeners, player, ends: () => ends,
    tell: (media: MediaView) => { for (const listener of [...listeners]) listener({ type: 'media.changed', conversationId: null, media }) },
    renews: (media: MediaView) => { renewed = media },
    hearOut: async (count: number) => {
      await until(() => played.length === count)
      player.onended?.()
    },
  }
}

describe('a reading from the server', () => {
  it('is heard piece by piece while the rest is made, and ends with the last', async () => {
    const { played, waits, done, tell, hearOut, listeners } = begin(reading(0))
    await until(() => listeners.size === 1)
    tell(reading(1, { progress: 50 }))
    await hearOut(1)
    await until(() => listeners.size === 1)
    tell(reading(2, { status: 'ready', progress: 100 }))
    await hearOut(2)
    await done
    expect(played).toEqual(['/files/1', '/files/2'])
    expect(waits).toEqual([0, 0, null, 50, null])
    expect(listeners.size).toBe(0)
  })

  it('asks for itself when the news of it is lost', async () => {
    const { done, renews, hearOut, listeners } = begin(reading(0))
    await until(() => listeners.size === 1)
    renews(reading(1, { status: 'ready' }))
    await until(() => listeners.size === 0)
    await hearOut(1)
    await done
  })

  it('gets a new address for a piece whose old one has stopped working', async () => {
    const { played, done, renews, player, hearOut } = begin(reading(1, { status: 'ready' }))
    await until(() => played.length === 1)
    renews(reading(1, { status: 'ready', pieces: [{ url: '/files/1?again', expiresAt: 1 }] }))
    player.onerror?.()
    await hearOut(2)
    await done
    expect(played).toEqual(['/files/1', '/files/1?again'])
  })

  it('that cannot be made says why', async () => {
    const { done, tell, listeners } = begin(reading(0))
    await until(() => listeners.size === 1)
    tell(reading(0, { status: 'failed', error: { code: 'model_key_refused', message: 'No.' } }))
    await expect(done).rejects.toThrow(new RefusedError({ code: 'model_key_refused', message: 'No.' }))
  })

  it('that is stopped is made no further, unless all of it is there', async () => {
    const stopped = new Error('stopped')
    const unfinished = begin(reading(1))
    await until(() => unfinished.played.length === 1)
    unfinished.signal.abort(stopped)
    await expect(unfinished.done).rejects.toBe(stopped)
    const whole = begin(reading(1, { status: 'ready' }))
    await until(() => whole.played.length === 1)
    whole.signal.abort(stopped)
    await expect(whole.done).rejects.toBe(stopped)
    expect([unfinished.ends(), whole.ends()]).toEqual([1, 0])
  })

  it('that was stopped before it began does not begin', async () => {
    const signal = new AbortController()
    signal.abort(new Error('stopped'))
    const { done, played, waits } = begin(reading(1, { status: 'ready' }), signal)
    await expect(done).rejects.toThrow('stopped')
    expect([played, waits]).toEqual([[], []])
  })
})
