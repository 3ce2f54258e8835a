/** What sound and video have in common: opening a file, peaks of its sound, writing it in another form. */
import { join } from 'node:path'
import {
  ALL_FORMATS, AudioSampleSink, Conversion, FilePathSource, FilePathTarget, Input, Mp4OutputFormat, Mp3OutputFormat, Output,
  type ConversionOptions, type InputAudioTrack, type OutputFormat,
} from 'mediabunny'
import { limits } from './limits.ts'
import { BadFile, type Facts, type Say } from './task.ts'

/** Lends the opened file. What the container's reader throws at a damaged file is the file's fault. */
export async function withInput<T>(path: string, name: string, use: (input: Input) => Promise<T>): Promise<T> {
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS })
  try {
    return await use(input)
  }
  catch (error) {
    throw error instanceof BadFile ? error : new BadFile('media_broken', { name }, error)
  }
  finally {
    input.dispose()
  }
}

/** The length, unless it is one that no recording has. */
export const lengthOf = (durationMs: number): Facts => durationMs > limits.claimedMs ? {} : { durationMs: Math.round(durationMs) }

/** Loudest sample of each of (at most) 200 stretches, 0 to 1. Null when the sound cannot be decoded here. */
export async function peaksOf(track: InputAudioTrack, durationMs: number, say: Say): Promise<number[] | null> {
  if (!await track.canDecode()) return null
  const count = Math.max(1, Math.min(limits.waveformPeaks, Math.ceil(durationMs / 50)))
  const peaks = new Float64Array(count)
  let buffer = new Float32Array(0)
  for await (const sample of new AudioSampleSink(track).samples()) {
    const options = { planeIndex: 0, format: 'f32-planar' } as const
    const length = sample.allocationSize(options) / 4
    if (buffer.length < length) buffer = new Float32Array(length)
    sample.copyTo(buffer, options)
    for (let at = 0; at < length; at++) {
      const moment = (sample.timestamp + at / sample.sampleRate) * 1000
      const peak = Math.max(0, Math.min(count - 1, Math.floor(moment / durationMs * count)))
      const loud = Math.abs(buffer[at] ?? 0)
      if (loud > (peaks[peak] ?? 0)) peaks[peak] = Math.min(1, loud)
    }
    say(sample.timestamp * 1000 / durationMs * 100)
    sample.close()
  }
  return Array.from(peaks, peak => Math.round(peak * 1000) / 1000)
}

const formats: Record<string, () => OutputFormat> = {
  mp4: () => new Mp4OutputFormat({ fastStart: false }),
  m4a: () => new Mp4OutputFormat({ fastStart: false }),
  mp3: () => new Mp3OutputFormat(),
}

/** Writes another form; false when this machine cannot (no encoder, no decoder). */
export async function convert(input: Input, folder: string, file: string, options: Pick<ConversionOptions, 'audio' | 'video'>, say: Say): Promise<boolean> {
  const format = formats[file.slice(file.lastIndexOf('.') + 1)]
  if (!format) throw new Error('No such form')
  const output = new Output({ format: format(), target: new FilePathTarget(join(folder, file)) })
  // Tags (place, device, author) stay behind.
  const conversion = await Conversion.init({ input, output, tracks: 'primary', tags: {}, ...options, showWarnings: false })
  if (!conversion.isValid) return false
  const lost = conversion.discardedTracks.some(({ reason }) => reason !== 'discarded_by_user')
  if (lost) return false
  conversion.onProgress = part => say(part * 100)
  await conversion.execute()
  return true
}

/** Speech small enough to be sent: one channel, 16 kHz. About 14 MB an hour. */
export const makeSound = (input: Input, folder: string, say: Say): Promise<boolean> =>
  convert(input, folder, 'sound.mp3', { video: { discard: true }, audio: { codec: 'mp3', numberOfChannels: 1, sampleRate: 16_000, bitrate: 32_000, forceTranscode: true } }, say)
