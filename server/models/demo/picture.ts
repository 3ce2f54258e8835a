/** The demo image model: picks what it knows out of the words and draws it. The same words, the same picture. */
import { createHash } from 'node:crypto'
import type { ImageModelV4 } from '@ai-sdk/provider'
import { editPicture } from './edit-picture.ts'

const width = 960
const height = 640
const horizon = 400

/** Numbers from 0 to 1 that follow from the words alone. */
export function chanceFrom(words: string): () => number {
  let state = createHash('sha256').update(words.toLowerCase().trim()).digest().readUInt32LE(0) || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

type Chance = () => number
interface Hour { sky: [string, string, string], far: string, near: string, water: [string, string], light: string, dark: boolean }

const hours: Record<'day' | 'dusk' | 'night' | 'dawn', Hour> = {
  day: { sky: ['#3b82c4', '#8cc4ea', '#dff1fa'], far: '#7fa3b8', near: '#4d7c5a', water: ['#4f9bc7', '#1f5f8b'], light: '#fff3c4', dark: false },
  dusk: { sky: ['#2b2350', '#b0527a', '#f6a35c'], far: '#5b3f68', near: '#2c2440', water: ['#c8705f', '#2a2350'], light: '#ffd9a0', dark: true },
  night: { sky: ['#060b1f', '#10204a', '#27407a'], far: '#16244b', near: '#0a1230', water: ['#1b3364', '#060c22'], light: '#f4f1d8', dark: true },
  dawn: { sky: ['#5d7fb8', '#e7b7c3', '#fde6c0'], far: '#8d87a8', near: '#4a5b62', water: ['#c9b4c0', '#4f6d93'], light: '#fff1cf', dark: false },
}

const around = (chance: Chance, from: number, to: number) => Math.round(from + chance() * (to - from))
const many = (count: number, draw: (at: number) => string) => Array.from({ length: count }, (_, at) => draw(at)).join('')

const stars = (chance: Chance) => many(70, () => `<circle cx="${around(chance, 0, width)}" cy="${around(chance, 0, 280)}" r="${(0.5 + chance() * 1.4).toFixed(1)}" fill="#fff" opacity="${(0.3 + chance() * 0.6).toFixed(2)}"/>`)

const orb = (chance: Chance, hour: Hour, low: boolean) => {
  const [x, y] = [around(chance, 160, 800), low ? horizon - 30 : around(chance, 80, 170)]
  return `<circle cx="${x}" cy="${y}" r="150" fill="${hour.light}" opacity=".13"/><circle cx="${x}" cy="${y}" r="80" fill="${hour.light}" opacity=".2"/><circle cx="${x}" cy="${y}" r="44" fill="${hour.light}"/>`
}

const clouds = (chance: Chance) => many(4, () => {
  const [x, y] = [around(chance, 0, width), around(chance, 50, 230)]
  return `<g fill="#fff" opacity=".35"><ellipse cx="${x}" cy="${y}" rx="90" ry="14"/><ellipse cx="${x + 40}" cy="${y - 12}" rx="50" ry="14"/></g>`
})

function ridge(chance: Chance, base: number, tall: number, colour: string): string {
  const points = Array.from({ length: 13 }, (_, at) => `${at * 80},${base - Math.round(chance() * tall)}`)
  return `<polygon points="0,${height} ${points.join(' ')} ${width},${height}" fill="${colour}"/>`
}

const sea = (chance: Chance, hour: Hour) => `<rect y="${horizon}" width="${width}" height="${height - horizon}" fill="url(#water)"/>${many(60, () => {
  const y = around(chance, horizon + 6, height)
  const length = 20 + (y - horizon) / 2
  return `<path d="M${around(chance, -40, width)} ${y}q${length / 2} -4 ${length} 0" stroke="${hour.light}" stroke-width="2" fill="none" opacity=".28"/>`
})}`

function lighthouse(chance: Chance, hour: Hour): string {
  const x = around(chance, 600, 740)
  const beam = hour.dark ? `<polygon points="${x},196 ${x - 900},110 ${x - 900},260" fill="${hour.light}" opacity=".28"/><polygon points="${x},196 ${x + 500},150 ${x + 500},230" fill="${hour.light}" opacity=".2"/>` : ''
  const bands = many(3, at => `<polygon points="${x - 26 - at * 6},${248 + at * 64} ${x + 26 + at * 6},${248 + at * 64} ${x + 29 + at * 6},${278 + at * 64} ${x - 29 - at * 6},${278 + at * 64}" fill="#c2413b"/>`)
  return `${beam}<path d="M${x - 230} ${height}C${x - 160} 430 ${x - 90} 420 ${x} 416S${x + 190} 440 ${x + 300} ${height}Z" fill="${hour.near}"/>
    <polygon points="${x - 24},216 ${x + 24},216 ${x + 46},430 ${x - 46},430" fill="#f1ece2"/>${bands}
    <rect x="${x - 32}" y="208" width="64" height="9" fill="#2b2b33"/><rect x="${x - 17}" y="180" width="34" height="29" fill="${hour.light}"/><polygon points="${x - 24},181 ${x + 24},181 ${x},154" fill="#2b2b33"/>
    <rect x="${x - 9}" y="396" width="18" height="34" rx="9" fill="#3b3340"/>`
}

function boat(chance: Chance): string {
  const [x, y] = [around(chance, 120, 420), around(chance, 450, 520)]
  return `<path d="M${x - 50} ${y}h100l-18 24h-64z" fill="#3a2a28"/><rect x="${x - 2}" y="${y - 80}" width="4" height="80" fill="#3a2a28"/><path d="M${x + 4} ${y - 78}L${x + 48} ${y - 8}H${x + 4}Z" fill="#f4efe6"/><path d="M${x - 4} ${y - 66}L${x - 34} ${y - 8}H${x - 4}Z" fill="#dcd3c4"/>`
}

const forest = (chance: Chance, hour: Hour) => many(26, (at) => {
  const [x, y, tall] = [at * 38 + around(chance, -14, 14), around(chance, 500, 600), around(chance, 90, 170)]
  return `<g fill="${hour.near}"><polygon points="${x},${y - tall} ${x - 34},${y} ${x + 34},${y}"/><polygon points="${x},${y - tall - 30} ${x - 24},${y - tall / 2} ${x + 24},${y - tall / 2}"/><rect x="${x - 4}" y="${y}" width="8" height="24"/></g>`
})

const city = (chance: Chance, hour: Hour) => many(14, (at) => {
  const [x, tall] = [at * 70, around(chance, 120, 330)]
  const windows = many(18, spot => chance() > 0.45 ? `<rect x="${x + 10 + (spot % 3) * 17}" y="${horizon + 46 - tall + Math.floor(spot / 3) * 24}" width="9" height="12" fill="${hour.light}" opacity="${hour.dark ? 0.85 : 0.4}"/>` : '')
  return `<rect x="${x}" y="${horizon + 30 - tall}" width="62" height="${tall + 240}" fill="${hour.near}"/>${windows}`
})

function hourOf(words: string, chance: Chance): Hour {
  if (/night|star|moon|midnight/i.test(words)) return hours.night
  if (/dusk|sunset|evening|twilight/i.test(words)) return hours.dusk
  if (/dawn|sunrise|morning|mist/i.test(words)) return hours.dawn
  return /day|noon|sunny/i.test(words) ? hours.day : Object.values(hours)[Math.floor(chance() * 4)] ?? hours.day
}

const seas = /sea|ocean|lake|water|boat|ship|beach|coast|island|lighthouse|harbou?r/i
const trees = /\b(forest|trees?|woods?|park)\b/i
const towns = /\b(city|town|streets?|houses?|skyline|buildings?)\b/i

const ground = (words: string, chance: Chance, hour: Hour) => seas.test(words) || !(trees.test(words) || towns.test(words)) ? sea(chance, hour) : ridge(chance, 520, 40, hour.near)

/** The drawing as SVG. None of the words are put into it. */
export function drawScene(words: string): string {
  const chance = chanceFrom(words)
  const hour = hourOf(words, chance)
  const when = (pattern: RegExp, draw: (chance: Chance, hour: Hour) => string) => pattern.test(words) ? draw(chance, hour) : ''
  const layers = [
    hour.dark ? stars(chance) : clouds(chance),
    orb(chance, hour, hour === hours.dusk || hour === hours.dawn),
    ridge(chance, horizon + 10, /mountain|alps|hill|peak/i.test(words) ? 240 : 70, hour.far),
    when(towns, city),
    ground(words, chance, hour),
    when(/boat|ship|sail|lighthouse/i, boat),
    when(/lighthouse/i, lighthouse),
    when(trees, forest),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><defs>
    <linearGradient id="sky" x2="0" y2="1">${hour.sky.map((colour, at) => `<stop offset="${at * 0.5}" stop-color="${colour}"/>`).join('')}</linearGradient>
    <linearGradient id="water" x2="0" y2="1"><stop stop-color="${hour.water[0]}"/><stop offset="1" stop-color="${hour.water[1]}"/></linearGradient></defs>
    <rect width="${width}" height="${horizon + 60}" fill="url(#sky)"/>${layers.join('')}</svg>`
}

export const openDemoImageModel = (): ImageModelV4 => ({
  specificationVersion: 'v4',
  provider: 'demo',
  modelId: 'parley-picture',
  maxImagesPerCall: 4,
  supportsFileInputs: true,
  async doGenerate({ prompt, n, files, abortSignal }) {
    const { default: sharp } = await import('sharp')
    abortSignal?.throwIfAborted()
    const [edited] = files ?? []
    const make = async (at: number) => edited ? editPicture(edited, prompt ?? '') : sharp(Buffer.from(drawScene(`${prompt ?? ''}${at ? ` ${at}` : ''}`))).png({ compressionLevel: 9 }).toBuffer()
    const images = await Promise.all(Array.from({ length: n }, (_, at) => make(at)))
    return { images, warnings: [], response: { timestamp: new Date(), modelId: 'parley-picture', headers: undefined } }
  },
})
