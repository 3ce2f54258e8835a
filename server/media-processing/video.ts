/** Video: size, duration, poster, key frames, a form every browser plays, its sound for a transcript. */
import { join } from 'node:path'
import { VideoSampleSink, type Input, type InputVideoTrack, type VideoSample } from 'mediabunny'
import sharp, { type Sharp } from 'sharp'
import { openEngine } from './engine.ts'
import { placeholderOf } from './image.ts'
import { limits } from './limits.ts'
import { convert, lengthOf, makeSound, withInput } from './track.ts'
import { BadFile, type Facts, type Forms, type Made, type Say, type SoFar, type Task, type Trouble } from './task.ts'

export async function processVideo({ path, folder, mime, name, wantsSound }: Task, say: Say, soFar: SoFar): Promise<Made> {
  const engine = await openEngine()
  return withInput(path, name, async (input) => {
    const track = await input.getPrimaryVideoTrack()
    if (!track) throw new BadFile('media_broken', { name })
    const claimed = await input.computeDuration()
    const seconds = Math.min(claimed, limits.claimedMs / 1000)
    const facts = await measureVideo(track, claimed, name)
    const forms: Forms = {}
    const seen = await track.canDecode() ? await makePictures(track, seconds, folder, facts, forms, say) : false
    soFar({ facts, forms: { ...forms }, notice: null })
    const played = await makePlayable(input, track, folder, mime, seconds, forms, percent => say(30 + percent * 0.5))
    if (wantsSound && seconds * 1000 <= limits.soundMs && await input.getPrimaryAudioTrack() && await makeSound(input, folder, percent => say(80 + percent * 0.2)))
      forms.sound = 'sound.mp3'
    return { facts, forms, notice: seen && played ? null : missing(engine, played, name) }
  })
}

async function measureVideo(track: InputVideoTrack, seconds: number, name: string): Promise<Facts> {
  const [width, height] = [await track.getDisplayWidth(), await track.getDisplayHeight()]
  if (!(width > 0 && height > 0 && seconds > 0)) throw new BadFile('media_broken', { name })
  if (width * height > limits.pixels) throw new BadFile('media_too_big_to_open', { name, limit: `${limits.pixels / 1e6} million pixels` })
  return { width, height, ...lengthOf(seconds * 1000) }
}

function missing(engine: boolean, played: boolean, name: string): Trouble {
  if (engine) return played ? { code: 'media_broken', details: { name } } : { code: 'media_not_played', details: {} }
  return { code: 'media_engine_missing', details: { missing: played ? 'this video has no preview picture' : 'this video was kept as it is, and some browsers cannot play it' } }
}

/** A frame as a picture, upright. */
async function pictureOf(sample: VideoSample): Promise<Sharp> {
  const pixels = new Uint8Array(sample.allocationSize({ format: 'RGBX' }))
  await sample.copyTo(pixels, { format: 'RGBX' })
  const raw = { width: sample.visibleRect.width, height: sample.visibleRect.height, channels: 4 as const }
  const upright = await sharp(pixels, { raw }).removeAlpha().rotate(sample.rotation).png({ compressionLevel: 0 }).toBuffer()
  return sharp(upright)
}

/** Frames from all over the video; the poster is one a little after its start, which is often black. */
async function makePictures(track: InputVideoTrack, seconds: number, folder: string, facts: Facts, forms: Forms, say: Say): Promise<boolean> {
  const start = await track.getFirstTimestamp()
  const count = Math.max(1, Math.min(limits.frames, Math.ceil(seconds / 2)))
  const moments = Array.from({ length: count }, (_, at) => start + Math.max(0, (seconds - start) * (at + 0.5) / count - 0.01))
  const frames: string[] = []
  for await (const sample of new VideoSampleSink(track).samplesAtTimestamps(moments)) {
    if (!sample) continue
    const picture = await pictureOf(sample)
    sample.close()
    const fit = (side: number) => picture.clone().resize(side, side, { fit: 'inside', withoutEnlargement: true })
    if (frames.length === 0) {
      await fit(limits.posterSide).webp({ quality: 80 }).toFile(join(folder, 'poster.webp'))
      await fit(limits.thumbnailSide).webp({ quality: 75 }).toFile(join(folder, 'thumbnail.webp'))
      facts.placeholder = await placeholderOf(picture)
      Object.assign(forms, { poster: 'poster.webp', thumbnail: 'thumbnail.webp' })
    }
    const frame = `frame-${frames.length + 1}.jpg`
    await fit(limits.frameSide).jpeg({ quality: 80 }).toFile(join(folder, frame))
    frames.push(frame)
    say(30 * frames.length / count)
  }
  forms.frames = frames
  return frames.length > 0
}

/** True when it plays everywhere, as it is or in a form we made. Copies streams that need no encoding. */
async function makePlayable(input: Input, track: InputVideoTrack, folder: string, mime: string, seconds: number, forms: Forms, say: Say): Promise<boolean> {
  const sound = await input.getPrimaryAudioTrack()
  const common = track.codec === 'avc' && ['aac', 'mp3', undefined].includes(sound?.codec ?? undefined)
  const web = ['vp8', 'vp9'].includes(track.codec ?? '')
  if (mime === 'video/mp4' ? common : mime === 'video/webm' && web) return true
  if (seconds * 1000 > limits.videoMs) return false
  const [width, height] = [await track.getDisplayWidth(), await track.getDisplayHeight()]
  const scale = Math.min(1, limits.videoSide / Math.max(width, height))
  const even = (side: number) => Math.max(2, Math.round(side * scale / 2) * 2)
  const done = await convert(input, folder, 'playable.mp4', {
    video: common ? {} : { codec: 'avc', width: even(width), height: even(height), fit: 'fill', bitrate: 2_500_000, forceTranscode: true },
    audio: common ? {} : { codec: 'aac', bitrate: 128_000 },
  }, say)
  if (done) forms.playable = 'playable.mp4'
  return done
}
