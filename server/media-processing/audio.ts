/** Sound: duration, waveform, a form every browser plays, speech for a transcript. */
import { openEngine } from './engine.ts'
import { limits } from './limits.ts'
import { convert, lengthOf, makeSound, peaksOf, withInput } from './track.ts'
import { BadFile, type Forms, type Made, type Say, type Task, type Trouble } from './task.ts'

/** What every browser of the last years plays. */
const playedEverywhere = ['audio/mpeg', 'audio/wav', 'audio/mp4', 'audio/flac']

export async function processAudio({ path, folder, mime, name, wantsSound }: Task, say: Say): Promise<Made> {
  const engine = await openEngine()
  return withInput(path, name, async (input) => {
    const track = await input.getPrimaryAudioTrack()
    if (!track) throw new BadFile('media_broken', { name })
    const durationMs = Math.round(await input.computeDuration() * 1000)
    if (!(durationMs > 0)) throw new BadFile('media_broken', { name })
    const facts = lengthOf(durationMs)
    if (durationMs > limits.soundMs) return { facts, forms: {}, notice: tooLong(name) }
    const waveform = await peaksOf(track, durationMs, percent => say(percent * 0.4))
    const forms: Forms = {}
    const playable = playedEverywhere.includes(mime)
      || await convert(input, folder, 'playable.m4a', { audio: { codec: 'aac', bitrate: 128_000 } }, percent => say(40 + percent * 0.3))
    if (playable && !playedEverywhere.includes(mime)) forms.playable = 'playable.m4a'
    if (wantsSound && await makeSound(input, folder, percent => say(70 + percent * 0.3))) forms.sound = 'sound.mp3'
    return { facts: { ...facts, ...(waveform ? { waveform } : {}) }, forms, notice: playable && waveform ? null : missing(engine, playable) }
  })
}

const tooLong = (name: string): Trouble => ({ code: 'media_too_big_to_open', details: { name, limit: `${limits.soundMs / 3_600_000} hours` } })
const missing = (engine: boolean, playable: boolean): Trouble | null => engine
  ? { code: 'media_not_played', details: {} }
  : { code: 'media_engine_missing', details: { missing: playable ? 'the waveform of this sound could not be drawn' : 'this sound was kept as it is, and some browsers cannot play it' } }
