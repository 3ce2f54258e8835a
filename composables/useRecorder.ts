import { useIntervalFn } from '@vueuse/core'
import { onBeforeUnmount, readonly, ref } from 'vue'
import { recordStream, type RunningRecording, watchLevel } from '~/utils/record-stream'

/** Why a recording could not begin, for the person. */
export function sayRecordingFault(error: unknown, what: string): string {
  const name = error instanceof Error ? error.name : ''
  if (name === 'NotAllowedError') return `Your browser did not allow the ${what}. Allow it beside the address and try again.`
  if (name === 'NotFoundError') return `There is no ${what} here.`
  if (name === 'NotReadableError') return `Another program is using the ${what}.`
  return window.isSecureContext ? `The ${what} could not be started.` : `Browsers give the ${what} to pages over https only.`
}

const stopped = (recorder: MediaRecorder) => new Promise<void>((resolve) => {
  if (recorder.state === 'inactive') return resolve()
  recorder.addEventListener('stop', () => resolve(), { once: true })
  recorder.stop()
})

/** What `useRecorder` holds while it records. */
interface Held { recording: RunningRecording, release(): void }

/** Begins to record, from the microphone where no stream is given. */
async function begin(given: MediaStream | undefined, kind: 'audio' | 'video', tell: (level: number) => void): Promise<Held> {
  const stream = given ?? await navigator.mediaDevices.getUserMedia({ audio: true })
  const endStream = () => { if (!given) for (const track of stream.getTracks()) track.stop() }
  try {
    const recording = await recordStream(stream, kind)
    const stopLevel = stream.getAudioTracks().length ? watchLevel(stream, tell) : () => {}
    return {
      recording,
      release() {
        stopLevel()
        recording.end()
        endStream()
      },
    }
  }
  catch (error) {
    endStream()
    throw error
  }
}

/** Records a microphone (or a stream that is given), keeping every second of it in this browser until it is handed over. */
export function useRecorder(kind: 'audio' | 'video' = 'audio') {
  const state = ref<'idle' | 'starting' | 'recording' | 'paused'>('idle')
  const level = ref(0)
  const seconds = ref(0)
  let held: Held | null = null
  const clock = useIntervalFn(() => { if (state.value === 'recording') seconds.value += 0.1 }, 100, { immediate: false })

  /** @throws what the browser refuses the microphone with; `sayRecordingFault` has words for it */
  async function start(given?: MediaStream) {
    if (state.value !== 'idle') return
    state.value = 'starting'
    try {
      held = await begin(given, kind, (value) => { level.value = value })
      seconds.value = 0
      clock.resume()
      state.value = 'recording'
    }
    catch (error) {
      end()
      throw error
    }
  }

  function end() {
    clock.pause()
    held?.release()
    held = null
    state.value = 'idle'
    level.value = 0
  }

  /** Ends it and gives the file; forget it (`forgetRecording`) once somebody else keeps it. */
  async function finish(): Promise<{ id: string, file: File } | null> {
    if (!held) return null
    const { id, recorder, file } = held.recording
    await stopped(recorder)
    end()
    const made = file()
    return made.size ? { id, file: made } : null
  }
  async function cancel() {
    if (!held) return
    const { recorder, forget } = held.recording
    await stopped(recorder)
    end()
    await forget()
  }
  function pause() {
    if (!held) return
    const { recorder } = held.recording
    if (recorder.state === 'recording') recorder.pause()
    else recorder.resume()
    state.value = recorder.state === 'paused' ? 'paused' : 'recording'
  }
  // Leaving the page in the middle keeps what there is for later.
  onBeforeUnmount(() => {
    if (held && held.recording.recorder.state !== 'inactive') held.recording.recorder.stop()
    end()
  })
  return { state: readonly(state), level: readonly(level), seconds: readonly(seconds), start, pause, finish, cancel }
}
