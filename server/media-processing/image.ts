/** Pictures: size, a copy without metadata, a thumbnail, a placeholder. */
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { rgbaToThumbHash } from 'thumbhash'
import { decodePicture, decoderOf, tooMany, type Decoder } from './decode.ts'
import { limits } from './limits.ts'
import { BadFile, type Made, type Say, type Task } from './task.ts'

/** Only the decoders of what we accept: libvips has many more, and their faults would be ours. */
const loaders = ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif', 'VipsForeignLoadHeif', 'VipsForeignLoadTiff']
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({ operation: loaders })
sharp.cache(false)

const open = (path: string, animated = false): Sharp => sharp(path, { limitInputPixels: limits.pixels, failOn: 'error', animated })

/** ThumbHash of a picture, as base64. */
export async function placeholderOf(picture: Sharp): Promise<string> {
  const { data, info } = await picture.clone().resize(100, 100, { fit: 'inside' }).toColourspace('srgb').ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString('base64')
}

export async function processImage(task: Task, say: Say): Promise<Made> {
  const { path, folder, name, mime } = task
  try {
    const decoder = decoderOf(mime)
    if (decoder) return await processDecoded(task, decoder, say)
    const found = await open(path, mime !== 'image/tiff').metadata()
    const { width = 0, height = 0, pages = 1, pageHeight = height } = found
    if (width * pageHeight * pages > limits.pixels) throw tooMany(name)
    const clean = await makeClean(path, folder, mime, found)
    say(50)
    const upright = () => open(path).autoOrient()
    await upright().resize(limits.thumbnailSide, limits.thumbnailSide, { fit: 'inside', withoutEnlargement: true }).webp({ quality: 80 }).toFile(join(folder, 'thumbnail.webp'))
    say(80)
    return {
      facts: { ...seen(found, width, pageHeight), placeholder: await placeholderOf(upright()) },
      forms: { thumbnail: 'thumbnail.webp', ...clean },
      notice: null,
    }
  }
  catch (error) {
    if (error instanceof BadFile) throw error
    if (error instanceof Error && /pixel limit/i.test(error.message)) throw tooMany(name, error)
    throw new BadFile('media_broken', { name }, error)
  }
}

/** A kind that browsers don't show is written as one they do, which then goes the way of any picture. */
async function processDecoded(task: Task, decoder: Decoder, say: Say): Promise<Made> {
  const picture = await decodePicture(decoder, task.path, task.name)
  if (!picture) return { facts: {}, forms: {}, notice: { code: 'media_not_shown', details: {} } }
  const path = join(task.folder, decoder.file)
  await picture.toFile(path)
  say(40)
  const made = await processImage({ ...task, path, mime: '' }, percent => say(40 + percent * 0.6))
  return { ...made, forms: { ...made.forms, clean: decoder.file } }
}

/** Orientations from 5 on lie on their side. */
const seen = ({ orientation = 1 }: Found, width: number, height: number) => orientation >= 5 ? { width: height, height: width } : { width, height }

type Found = Awaited<ReturnType<Sharp['metadata']>>

/**
 * A picture with metadata (where it was taken, by which device, a small unedited copy of itself) is written anew
 * without, turned upright; what browsers don't show becomes what they do. Colour profiles stay.
 */
async function makeClean(path: string, folder: string, mime: string, found: Found): Promise<{ clean?: string }> {
  const { orientation = 1, pages = 1, comments = [] } = found
  const telling = orientation !== 1 || comments.length > 0 || [found.exif, found.xmp, found.iptc, found.tifftagPhotoshop].some(Boolean)
  if (!telling && mime !== 'image/tiff') return {}
  const animated = pages > 1 && mime !== 'image/tiff'
  const picture = (animated ? open(path, true) : open(path).autoOrient()).keepIccProfile()
  const { file, write } = writers[mime] ?? webp
  await write(picture).toFile(join(folder, file))
  return { clean: file }
}

interface Writer { file: string, write(picture: Sharp): Sharp }
const webp: Writer = { file: 'clean.webp', write: picture => picture.webp({ quality: 92 }) }
const writers: Record<string, Writer> = {
  'image/jpeg': { file: 'clean.jpg', write: picture => picture.jpeg({ quality: 92 }) },
  'image/png': { file: 'clean.png', write: picture => picture.png() },
  'image/gif': { file: 'clean.gif', write: picture => picture.gif() },
}
