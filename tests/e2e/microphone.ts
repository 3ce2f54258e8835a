/** What the browser's microphone hears in tests of the hands-free mode. */
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { speak, wavOf } from '../../server/models/demo/sound.ts'

/** A recording that a browser's microphone can be made to hear, over and over: a sentence, then a long silence. Made once. */
export function speakingMicrophone(): string {
  const path = join(tmpdir(), 'parley-speaking-microphone.wav')
  const rate = 16_000
  const said = Buffer.from(speak('Hello my good friend, tell me a thing.'))
  const silence = (seconds: number) => Array.from<number>({ length: rate * seconds }).fill(0)
  const samples = Array.from({ length: (said.length - 44) / 2 }, (_, at) => said.readInt16LE(44 + at * 2))
  writeFileSync(path, wavOf([...silence(3), ...samples, ...silence(25)]))
  return path
}
