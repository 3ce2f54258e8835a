import { newId } from '../shared/ids.ts'
import { keepPiece, keepRecording, lockOf, recordingName } from './kept-recordings.ts'

const forms = {
  audio: ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'],
  video: ['video/webm;codecs=vp9,opus', 'video/webm', 'video/mp4'],
} as const

/** Watches how loud a stream is: 0 to 1, about 20 times a second. */
function watchLevel(stream: MediaStream, tell: (level: number) => void): () => void {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 512
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    // Speech lies low on a linear scale; the root lifts it.
    tell(Math.min(1, Math.sqrt(Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length)) * 1.6))
  }, 50)
  return () => {
    clearInterval(timer)
    void context.close()
  }
}

/** A recording that is being made. */
export interface RunningRecording {
  id: string
  recorder: MediaRecorder
  /** What was recorded so far. */
  file(): File
  /** Lets go of everything but the stream. */
  end(): void
}

/** Begins to record a stream, keeping every second of it in this browser. `tell` gets the level, 0 to 1. */
export async function recordStream(stream: MediaStream, kind: 'audio' | 'video', tell: (level: number) => void): Promise<RunningRecording> {
  const id = newId()
  const mimeType = forms[kind].find(form => MediaRecorder.isTypeSupported(form))
  const recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {})
  const meta = { id, kind, mime: recorder.mimeType || mimeType || `${kind}/webm`, startedAt: Date.now() }
  const pieces: Blob[] = []
  // A full or forbidden store costs the safety net, not the recording.
  await keepRecording(meta).catch(() => undefined)
  let release = () => {}
  void navigator.locks?.request(lockOf(id), () => new Promise<void>((resolve) => { release = resolve }))
  recorder.ondataavailable = ({ data }) => {
    if (!data.size) return
    pieces.push(data)
    void keepPiece(id, pieces.length, data).catch(() => undefined)
  }
  const stopLevel = stream.getAudioTracks().length ? watchLevel(stream, tell) : () => {}
  recorder.start(1_000)
  return {
    id,
    recorder,
    file: () => new File(pieces, recordingName(meta), { type: meta.mime.split(';')[0] }),
    end() {
      stopLevel()
      release()
    },
  }
}
