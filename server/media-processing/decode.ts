/** Pictures that libvips as we have it can't open: HEIC (phones) and BMP. They become a kind that every browser shows. */
import { readFile, stat } from 'node:fs/promises'
import sharp, { type Sharp } from 'sharp'
import { openCanvas, openHeif } from './engine.ts'
import { limits } from './limits.ts'
import { BadFile } from './task.ts'

export interface Decoder {
  /** Null when what reads it is not installed. */
  read(data: Buffer, name: string): Promise<Sharp | null>
  file: string
  write(picture: Sharp): Sharp
}

export const tooMany = (name: string, cause?: unknown) => new BadFile('media_too_big_to_open', { name, limit: `${limits.pixels / 1e6} million pixels` }, cause)

function checkSize(width: number, height: number, name: string) {
  if (!(width > 0 && height > 0)) throw new BadFile('media_broken', { name })
  if (width * height > limits.pixels) throw tooMany(name)
}

async function readHeic(data: Buffer, name: string): Promise<Sharp | null> {
  const libheif = await openHeif()
  if (!libheif) return null
  const images = new libheif.HeifDecoder().decode(data)
  const image = images.find(one => one.is_primary()) ?? images[0]
  if (!image) throw new BadFile('media_broken', { name })
  const [width, height] = [image.get_width(), image.get_height()]
  checkSize(width, height, name)
  const pixels = new Uint8ClampedArray(width * height * 4)
  const shown = await new Promise<object | null>(resolve => image.display({ data: pixels, width, height }, resolve))
  if (!shown) throw new BadFile('media_broken', { name })
  return sharp(pixels, { raw: { width, height, channels: 4 } })
}

/** Width and height as the file says: 16 bits in the oldest form of the header, else 32; a negative height is drawn from the top. */
const bmpSize = (data: Buffer) => data.length < 26 ? [0, 0] as const : data.readUInt32LE(14) === 12
  ? [data.readUInt16LE(18), data.readUInt16LE(20)] as const
  : [data.readInt32LE(18), Math.abs(data.readInt32LE(22))] as const

async function readBmp(data: Buffer, name: string): Promise<Sharp | null> {
  const [width, height] = bmpSize(data)
  checkSize(width, height, name)
  // Skia takes one that is cut off for one that is black at its end.
  if (data.readUInt32LE(2) > data.length) throw new BadFile('media_broken', { name })
  const canvas = await openCanvas()
  if (!canvas) return null
  const image = await canvas.loadImage(data)
  checkSize(image.width, image.height, name)
  const surface = canvas.createCanvas(image.width, image.height)
  const drawing = surface.getContext('2d')
  drawing.drawImage(image, 0, 0)
  return sharp(drawing.getImageData(0, 0, image.width, image.height).data, { raw: { width: image.width, height: image.height, channels: 4 } })
}

const photo: Decoder = { read: readHeic, file: 'clean.jpg', write: picture => picture.removeAlpha().jpeg({ quality: 92 }) }
const decoders: Record<string, Decoder> = {
  'image/heic': photo, 'image/heif': photo,
  'image/bmp': { read: readBmp, file: 'clean.png', write: picture => picture.png() },
}

/** The decoder for this kind; undefined where libvips opens it itself. */
export const decoderOf = (mime: string): Decoder | undefined => decoders[mime]

/** Null when this server can't: the file is a download then. */
export async function decodePicture(decoder: Decoder, path: string, name: string): Promise<Sharp | null> {
  if ((await stat(path)).size > limits.decodedBytes) throw new BadFile('media_too_big_to_open', { name, limit: `${limits.decodedBytes / 1024 ** 2} MB` })
  const picture = await decoder.read(await readFile(path), name)
  return picture && decoder.write(picture)
}
