/** Recordings and films in every container that is taken, made by the media engine out of one of ours. */
import {
  AdtsOutputFormat, ALL_FORMATS, BufferSource, BufferTarget, Conversion, FlacOutputFormat, Input, MkvOutputFormat, MovOutputFormat, Mp3OutputFormat, Mp4OutputFormat, OggOutputFormat, Output, WebMOutputFormat,
  type ConversionOptions, type OutputFormat,
} from 'mediabunny'
import { openEngine } from '../../server/media-processing/engine.ts'
import type { Sample } from './samples.ts'

interface Kind { mime: string, format: () => OutputFormat, options: Pick<ConversionOptions, 'audio' | 'video'> }

export const sounds: Record<string, Kind> = {
  mp3: { mime: 'audio/mpeg', format: () => new Mp3OutputFormat(), options: { audio: { codec: 'mp3', bitrate: 64_000 } } },
  m4a: { mime: 'audio/mp4', format: () => new Mp4OutputFormat(), options: { audio: { codec: 'aac', bitrate: 64_000 } } },
  aac: { mime: 'audio/aac', format: () => new AdtsOutputFormat(), options: { audio: { codec: 'aac', bitrate: 64_000 } } },
  ogg: { mime: 'audio/ogg', format: () => new OggOutputFormat(), options: { audio: { codec: 'opus', bitrate: 64_000 } } },
  flac: { mime: 'audio/flac', format: () => new FlacOutputFormat(), options: { audio: { codec: 'flac' } } },
  weba: { mime: 'audio/webm', format: () => new WebMOutputFormat(), options: { audio: { codec: 'opus', bitrate: 64_000 } } },
}
export const films: Record<string, Kind> = {
  webm: { mime: 'video/webm', format: () => new WebMOutputFormat(), options: { video: { codec: 'vp9', bitrate: 200_000 }, audio: { codec: 'opus', bitrate: 64_000 } } },
  mov: { mime: 'video/quicktime', format: () => new MovOutputFormat(), options: {} },
  mkv: { mime: 'video/x-matroska', format: () => new MkvOutputFormat(), options: {} },
}

export async function rewritten(source: Sample, name: string, { mime, format, options }: Kind): Promise<Sample> {
  await openEngine()
  const target = new BufferTarget()
  const conversion = await Conversion.init({ input: new Input({ source: new BufferSource(source.bytes), formats: ALL_FORMATS }), output: new Output({ format: format(), target }), ...options, showWarnings: false })
  await conversion.execute()
  if (!target.buffer) throw new Error(`${name} could not be made`)
  return { name, mime, bytes: Buffer.from(target.buffer) }
}
