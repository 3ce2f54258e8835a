/** Small real files to attach. */
import sharp from 'sharp'

export async function picture(name = 'lighthouse.png') {
  const buffer = await sharp({ create: { width: 320, height: 200, channels: 3, background: { r: 40, g: 90, b: 160 } } }).png().toBuffer()
  return { name, mimeType: 'image/png', buffer }
}

/** A second of a tone, as a WAV file. */
export function recording(name = 'tone.wav') {
  const rate = 8000
  const samples = Buffer.alloc(rate * 2)
  for (let i = 0; i < rate; i++) samples.writeInt16LE(Math.round(Math.sin(i / rate * 440 * 2 * Math.PI) * 12_000), i * 2)
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.length, 40)
  return { name, mimeType: 'audio/wav', buffer: Buffer.concat([head, samples]) }
}

export const note = (name = 'notes.txt') => ({ name, mimeType: 'text/plain', buffer: Buffer.from('Buy bread.\nWater the plants.\n') })
