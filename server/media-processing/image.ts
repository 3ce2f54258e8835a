/** Pictures: size, a copy without metadata, a thumbnail, a placeholder. */
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { rgbaToThumbHash } from 'thumbhash'
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

export async function processImage({ path, folder, name, mime }: Task, say: Say): Promise<Made> {
  try {
    const found = await open(path, mime !== 'image/tiff').metadata()
    const { width = 0, height = 0, pages = 1, pageHeight = height } = found
    if (width * pageHeight * pages > limits.pixels) throw tooMany(name)
    const sideways = (found.orientation ?? 1) >= 5
    const clean = await makeClean(path, folder, mime, found)
    say(50)
    const upright = () => open(path).autoOrient()
    await upright().resize(limits.thumbnailSide, limits.thumbnailSide, { fit: 'inside', withoutEnlargement: true }).webp({ quality: 80 }).toFile(join(folder, 'thumbnail.webp'))
    say(80)
    return {
      facts: { width: sideways ? pageHeight : width, height: sideways ? width : pageHeight, placeholder: await placeholderOf(upright()) },
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

const tooMany = (name: string, cause?: unknown) => new BadFile('media_too_big_to_open', { name, limit: `${limits.pixels / 1e6} million pixels` }, cause)

type Found = Awaited<ReturnType<Sharp['metadata']>>

/**
 * A picture with metadata (where it was taken, by which device, a small unedited copy of itself) is written anew
 * without, turned upright; what browsers don't show becomes what they do. Colour profiles stay.
 */
async function makeClean(path: string, folder: string, mime: string, found: Found): Promise<{ clean?: string, playable?: string }> {
  const telling = Boolean(found.exif ?? found.xmp ?? found.iptc ?? found.tifftagPhotoshop) || (found.comments?.length ?? 0) > 0
  if (mime === 'image/tiff') {
    await open(path).autoOrient().keepIccProfile().webp({ quality: 90 }).toFile(join(folder, 'clean.webp'))
    return { clean: 'clean.webp' }
  }
  if (!telling && (found.orientation ?? 1) === 1) return {}
  const animated = (found.pages ?? 1) > 1
  const picture = animated ? open(path, true) : open(path).autoOrient()
  const written = picture.keepIccProfile()
  switch (mime) {
    case 'image/jpeg': await written.jpeg({ quality: 92, mozjpeg: false }).toFile(join(folder, 'clean.jpg')); return { clean: 'clean.jpg' }
    case 'image/png': await written.png().toFile(join(folder, 'clean.png')); return { clean: 'clean.png' }
    case 'image/gif': await written.gif().toFile(join(folder, 'clean.gif')); return { clean: 'clean.gif' }
    default: await written.webp({ quality: 92 }).toFile(join(folder, 'clean.webp')); return { clean: 'clean.webp' }
  }
}
