/** Side of the decoded picture in pixels: it is stretched over the whole place anyway. */
export const thumbSide = 24

interface Channel { nx: number, ny: number, factors: number[] }

/** Sum of a channel's cosine terms at one point, without its constant. */
function wave({ nx, ny, factors }: Channel, fx: number[], fy: number[]): number {
  let sum = 0
  let at = 0
  for (let cy = 0; cy < ny; cy++)
    for (let cx = cy ? 0 : 1; cx * ny < nx * (ny - cy); cx++) sum += (factors[at++] ?? 0) * (fx[cx] ?? 0) * (fy[cy] ?? 0) * 2
  return sum
}

/**
 * Decodes a ThumbHash (base64; https://evanw.github.io/thumbhash) into `thumbSide`² RGBA pixels, opaque; null when it is none.
 * A transparent picture's placeholder is drawn without its transparency.
 */
export function decodeThumbHash(base64: string): Uint8ClampedArray<ArrayBuffer> | null {
  let hash: number[]
  try {
    hash = [...atob(base64)].map(letter => letter.charCodeAt(0))
  }
  catch {
    return null
  }
  if (hash.length < 5 || hash.length > 40) return null
  const byte = (at: number) => hash[at] ?? 0
  const head = byte(0) | (byte(1) << 8) | (byte(2) << 16)
  const tail = byte(3) | (byte(4) << 8)
  const transparent = (head >> 23) === 1
  const wide = tail >> 15
  const long = transparent ? 5 : 7
  let nibble = (transparent ? 6 : 5) * 2
  const read = (nx: number, ny: number, scale: number): Channel => {
    const factors: number[] = []
    for (let cy = 0; cy < ny; cy++)
      for (let cx = cy ? 0 : 1; cx * ny < nx * (ny - cy); cx++, nibble++) factors.push((((byte(nibble >> 1) >> ((nibble & 1) * 4)) & 15) / 7.5 - 1) * scale)
    return { nx, ny, factors }
  }
  const lights = read(Math.max(3, wide ? long : tail & 7), Math.max(3, wide ? tail & 7 : long), ((head >> 18) & 31) / 31)
  const yellows = read(3, 3, ((tail >> 3) & 63) / 63 * 1.25)
  const reds = read(3, 3, ((tail >> 9) & 63) / 63 * 1.25)
  const cosines = (place: number) => Array.from({ length: 7 }, (_, c) => Math.cos(Math.PI / thumbSide * (place + 0.5) * c))
  const table = Array.from({ length: thumbSide }, (_, place) => cosines(place))

  const pixels = new Uint8ClampedArray(thumbSide * thumbSide * 4)
  for (let at = 0; at < thumbSide * thumbSide; at++) {
    const fx = table[at % thumbSide] ?? []
    const fy = table[Math.floor(at / thumbSide)] ?? []
    const l = (head & 63) / 63 + wave(lights, fx, fy)
    const p = ((head >> 6) & 63) / 31.5 - 1 + wave(yellows, fx, fy)
    const q = ((head >> 12) & 63) / 31.5 - 1 + wave(reds, fx, fy)
    const blue = l - 2 / 3 * p
    const red = (3 * l - blue + q) / 2
    pixels.set([red * 255, (red - q) * 255, blue * 255, 255], at * 4)
  }
  return pixels
}
