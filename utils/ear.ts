/** A microphone that is listened to: gives each thing that was said as a file, once the speaker has paused. */
import { recordStream, type RunningRecording, watchLevel } from './record-stream.ts'
import { makeSpeechGate } from './speech-gate.ts'

/** Silence before the first word that a recording carries at most. */
const restartAfterMs = 4_000
/** Nobody spoke for so long: the microphone should not stay open. */
const patienceMs = 2 * 60_000
/** Longer speech is sent as far as it came. */
const longestMs = 10 * 60_000

/** Nobody said anything. */
export class UnheardError extends Error {}
/** The microphone went away while it was listened to. */
export class DeafError extends Error {}

export interface Spoken { recordingId: string, file: File }

export interface Ear {
  /**
   * The next thing that is said. `began` is told when its first words are heard, again when they turn out to be nothing.
   * @throws UnheardError, DeafError, the signal's reason
   */
  hear(options: { signal: AbortSignal, began(really: boolean): void }): Promise<Spoken>
  /** What was begun to be said is all of it. */
  enough(): void
  /** Our own voice plays: only what is louder counts as speech. */
  playing(on: boolean): void
  close(): void
}

const stopped = (recorder: MediaRecorder) => new Promise<void>((resolve) => {
  if (recorder.state === 'inactive') return resolve()
  recorder.addEventListener('stop', () => resolve(), { once: true })
  recorder.stop()
})

/** The recording of what is about to be said; started anew while nothing is, so that it does not begin with minutes of silence. */
async function openTake(stream: MediaStream) {
  let recording: RunningRecording = await recordStream(stream, 'audio', { keep: false })
  let startedAt = performance.now()
  let restarting = false

  async function restart() {
    restarting = true
    startedAt = performance.now()
    const old = recording
    recording = await recordStream(stream, 'audio', { keep: false })
    await stopped(old.recorder)
    old.end()
    restarting = false
  }
  return {
    keep: () => { void recording.keep() },
    ageMs: () => performance.now() - startedAt,
    restart: () => { if (!restarting) void restart() },
    async finish(): Promise<Spoken> {
      await stopped(recording.recorder)
      recording.end()
      return { recordingId: recording.id, file: recording.file() }
    },
    async drop() {
      await stopped(recording.recorder)
      recording.end()
      await recording.forget()
    },
  }
}

/** Opens the microphone. @throws what the browser refuses it with */
export async function openEar(tell: (level: number) => void): Promise<Ear> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } })
  const gate = makeSpeechGate()
  let listener: ((level: number) => void) | null = null
  let deaf: (() => void) | null = null
  let enough: (() => void) | null = null
  const stopLevel = watchLevel(stream, (level) => {
    tell(level)
    listener?.(level)
  })
  for (const track of stream.getTracks()) track.addEventListener('ended', () => deaf?.())

  async function hear({ signal, began }: Parameters<Ear['hear']>[0]): Promise<Spoken> {
    signal.throwIfAborted()
    const take = await openTake(stream)
    const openedAt = performance.now()
    let speaking = false
    try {
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        deaf = () => reject(new DeafError())
        enough = () => { if (speaking) resolve() }
        const change = (heard: 'began' | 'nothing') => {
          speaking = heard === 'began'
          if (speaking) take.keep()
          began(speaking)
        }
        listener = (level) => {
          const heard = gate.hear(level, performance.now())
          if (heard === 'ended' || (speaking && take.ageMs() > longestMs)) resolve()
          else if (heard) change(heard)
          else if (!speaking && performance.now() - openedAt > patienceMs) reject(new UnheardError())
          else if (!speaking && take.ageMs() > restartAfterMs) take.restart()
        }
      })
      return await take.finish()
    }
    catch (error) {
      await take.drop()
      throw error
    }
    finally {
      listener = deaf = enough = null
    }
  }

  return {
    hear,
    enough: () => enough?.(),
    playing: gate.playing,
    close() {
      stopLevel()
      for (const track of stream.getTracks()) track.stop()
    },
  }
}
