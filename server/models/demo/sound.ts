/**
 * The demo speech and transcription models. Speech is a vowel machine: a train of pulses through three resonators for
 * each vowel, a breath of noise for what stands between. Formants after Peterson and Barney (1952).
 */
import type { SpeechModelV4, TranscriptionModelV4 } from '@ai-sdk/provider'
import { chanceFrom } from './picture.ts'

const rate = 16_000
const maxSeconds = 20

const formants: Record<string, [number, number, number]> = {
  a: [730, 1090, 2440], e: [530, 1840, 2480], i: [270, 2290, 3010], o: [570, 840, 2410], u: [300, 870, 2240], y: [390, 1990, 2550],
}

/** A resonator of second order, 90 Hz wide. */
function resonator(frequency: number) {
  const r = Math.exp(-Math.PI * 90 / rate)
  const [b, c] = [2 * r * Math.cos(2 * Math.PI * frequency / rate), -r * r]
  let [before, beforeThat] = [0, 0]
  return (x: number) => {
    const y = (1 - b - c) * x + b * before + c * beforeThat
    beforeThat = before
    before = y
    return y
  }
}

interface Piece { vowel: string | null, seconds: number, pitch: number }

function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  for (const [at, word] of words.entries()) {
    // The voice falls along a sentence, and more at its end.
    const pitch = 150 - 35 * (at / words.length)
    for (const [, consonants = '', vowel = ''] of word.matchAll(/([^aeiouy\s]*)([aeiouy]?)/g)) {
      if (consonants) pieces.push({ vowel: null, seconds: 0.05, pitch })
      if (vowel) pieces.push({ vowel, seconds: 0.13, pitch: pitch + (vowel.charCodeAt(0) % 7) * 3 })
    }
    pieces.push({ vowel: null, seconds: /[.;!?,]$/.test(word) ? -0.25 : -0.06, pitch })
  }
  return pieces
}

function sing(samples: number[], piece: Piece, chance: () => number): void {
  const count = Math.round(Math.abs(piece.seconds) * rate)
  if (piece.seconds < 0) { for (let at = 0; at < count; at++) samples.push(0); return }
  const filters = piece.vowel ? (formants[piece.vowel] ?? [500, 1500, 2500]).map(resonator) : [resonator(3000)]
  const period = Math.round(rate / piece.pitch)
  for (let at = 0; at < count; at++) {
    const source = piece.vowel ? (at % period < 3 ? 1 : 0) * 6 : (chance() - 0.5) * 0.5
    const rise = Math.min(1, at / 160, (count - at) / 320)
    samples.push(filters.reduce((sum, filter) => sum + filter(source), 0) * rise)
  }
}

/** Mono, 16 bits a sample (RIFF WAVE). */
export function wavOf(samples: readonly number[]): Uint8Array {
  const wav = Buffer.alloc(44 + samples.length * 2)
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-6)
  wav.write('RIFF', 0)
  wav.writeUInt32LE(36 + samples.length * 2, 4)
  wav.write('WAVEfmt ', 8)
  wav.writeUInt32LE(16, 16)
  wav.writeUInt16LE(1, 20)
  wav.writeUInt16LE(1, 22)
  wav.writeUInt32LE(rate, 24)
  wav.writeUInt32LE(rate * 2, 28)
  wav.writeUInt16LE(2, 32)
  wav.writeUInt16LE(16, 34)
  wav.write('data', 36)
  wav.writeUInt32LE(samples.length * 2, 40)
  for (const [at, sample] of samples.entries()) wav.writeInt16LE(Math.round(sample / loudest * 26_000), 44 + at * 2)
  return wav
}

export function speak(text: string): Uint8Array {
  const samples: number[] = []
  const chance = chanceFrom(text)
  for (const piece of piecesOf(text)) {
    if (samples.length > maxSeconds * rate) break
    sing(samples, piece, chance)
  }
  return wavOf(samples.length ? samples : [0])
}

export const openDemoSpeechModel = (): SpeechModelV4 => ({
  specificationVersion: 'v4',
  provider: 'demo',
  modelId: 'parley-voice',
  doGenerate: async ({ text, abortSignal }) => {
    abortSignal?.throwIfAborted()
    return { audio: speak(text), warnings: [], response: { timestamp: new Date(), modelId: 'parley-voice' } }
  },
})

/** Seconds of a WAVE file; null for anything else. */
export function wavSeconds(bytes: Uint8Array): number | null {
  const wav = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (wav.length < 44 || wav.toString('latin1', 0, 4) !== 'RIFF') return null
  const data = wav.indexOf('data', 12, 'latin1')
  const perSecond = wav.readUInt32LE(28)
  return data < 0 || perSecond === 0 ? null : Math.min(wav.readUInt32LE(data + 4), wav.length - data - 8) / perSecond
}

export const openDemoTranscriptionModel = (): TranscriptionModelV4 => ({
  specificationVersion: 'v4',
  provider: 'demo',
  modelId: 'parley-ear',
  doGenerate: async ({ audio, abortSignal }) => {
    abortSignal?.throwIfAborted()
    const bytes = typeof audio === 'string' ? Buffer.from(audio, 'base64') : audio
    const seconds = wavSeconds(bytes)
    const text = `(demo transcript: ${seconds === null ? `${Math.ceil(bytes.length / 1024)} kB` : `${seconds.toFixed(1)} s`} of sound)`
    return {
      text,
      segments: [{ text, startSecond: 0, endSecond: seconds ?? 1 }],
      language: undefined,
      durationInSeconds: seconds ?? undefined,
      warnings: [],
      response: { timestamp: new Date(), modelId: 'parley-ear' },
    }
  },
})
