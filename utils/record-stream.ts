import { newId } from '../shared/ids.ts'
import { forgetRecording, keepPiece, keepRecording, lockOf, recordingName } from './kept-recordings.ts'

const forms = {
  audio: ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'],
  video: ['video/webm;codecs=vp9,opus', 'video/webm', 'video/mp4'],
} as const

/** Watches how loud a stream is: 0 to 1, about 20 times a second. */
export function watchLevel(stream: MediaStream, tell: (level: number) => void): () => void {
  const context = new AudioContext()
  // Opened without a touch of the page just before, it sleeps.
  void context.resume()
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
  /** From now on every second of it is kept in this browser, with what there is already. */
  keep(): Promise<void>
  /** Removes what was kept. */
  forget(): Promise<void>
  /** Lets go of everything but the stream. */
  end(): void
}

/** Begins to record a stream; with `keep`, every second of it is kept in this browser from the start. */
export async function recordStream(stream: MediaStream, kind: 'audio' | 'video', { keep = true } = {}): Promise<RunningRecording> {
  const id = newId()
  const mimeType = forms[kind].find(form => MediaRecorder.isTypeSupported(form))
  const recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {})
  const meta = { id, kind, mime: recorder.mimeType || mimeType || `${kind}/webm`, startedAt: Date.now() }
  const pieces: Blob[] = []
  let kept = false
  let release = () => {}
  // A full or forbidden store costs the safety net, not the recording.
  const keepOne = (data: Blob, n: number) => keepPiece(id, n, data).catch(() => undefined)

  async function keepAll() {
    if (kept) return
    kept = true
    void navigator.locks?.request(lockOf(id), () => new Promise<void>((resolve) => { release = resolve }))
    await keepRecording(meta).catch(() => undefined)
    await Promise.all(pieces.map((data, at) => keepOne(data, at + 1)))
  }
  if (keep) await keepAll()
  recorder.ondataavailable = ({ data }) => {
    if (!data.size) return
    pieces.push(data)
    if (kept) void keepOne(data, pieces.length)
  }
  recorder.start(1_000)
  return {
    id,
    recorder,
    file: () => new File(pieces, recordingName(meta), { type: meta.mime.split(';')[0] }),
    keep: keepAll,
    forget: async () => { if (kept) await forgetRecording(id).catch(() => undefined) },
    end: () => release(),
  }
}
