/** Width and height of a picture by its first bytes, so that its place is kept before anything is decoded. */

export interface PictureSize { width: number, height: number }

const ascii = (head: Buffer, from: number, to: number) => head.toString('latin1', from, to)

function png(head: Buffer): PictureSize {
  return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) }
}
function gif(head: Buffer): PictureSize {
  return { width: head.readUInt16LE(6), height: head.readUInt16LE(8) }
}
function webp(head: Buffer): PictureSize | null {
  const form = ascii(head, 12, 16)
  if (form === 'VP8X') return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 }
  if (form === 'VP8 ') return { width: head.readUInt16LE(26) & 0x3FFF, height: head.readUInt16LE(28) & 0x3FFF }
  if (form !== 'VP8L') return null
  const bits = head.readUInt32LE(21)
  return { width: (bits & 0x3FFF) + 1, height: ((bits >> 14) & 0x3FFF) + 1 }
}

/** Whether a camera that was held upright says so (Exif, orientation 5 to 8): then width and height change places. */
function isTurned(exif: Buffer): boolean {
  if (ascii(exif, 0, 4) !== 'Exif') return false
  const tiff = exif.subarray(6)
  const little = ascii(tiff, 0, 2) === 'II'
  const short = (at: number) => little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at)
  const start = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  for (let entry = 0; entry < short(start); entry++) {
    const at = start + 2 + entry * 12
    if (short(at) === 0x0112) return short(at + 8) >= 5
  }
  return false
}
function jpeg(head: Buffer): PictureSize | null {
  let turned = false
  for (let at = 2; head[at] === 0xFF;) {
    const marker = head.readUInt8(at + 1)
    const length = head.readUInt16BE(at + 2)
    const isFrame = marker >= 0xC0 && marker <= 0xCF && ![0xC4, 0xC8, 0xCC].includes(marker)
    if (isFrame) {
      const [height, width] = [head.readUInt16BE(at + 5), head.readUInt16BE(at + 7)]
      return turned ? { width: height, height: width } : { width, height }
    }
    if (marker === 0xE1) turned ||= isTurned(head.subarray(at + 4, at + 2 + length))
    at += 2 + length
  }
  return null
}

const readers: Record<string, (head: Buffer) => PictureSize | null> = { 'image/png': png, 'image/gif': gif, 'image/webp': webp, 'image/jpeg': jpeg }
/** Larger than any picture we would show: then its head is not to be believed. */
const longestEdge = 65_535

/** What the head says, for what browsers show most; null when it doesn't. Whoever decodes the picture knows better, later. */
export function pictureSize(mime: string, head: Uint8Array): PictureSize | null {
  try {
    const size = readers[mime]?.(Buffer.from(head.buffer, head.byteOffset, head.byteLength)) ?? null
    return size && [size.width, size.height].every(edge => edge > 0 && edge <= longestEdge) ? size : null
  }
  catch {
    // The head ends before, or isn't what it says.
    return null
  }
}
