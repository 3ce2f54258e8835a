import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { pictureSize } from '../../../../server/domain/picture-size.ts'

const drawn = (channels: 3 | 4 = 3) => sharp({ create: { width: 301, height: 157, channels, background: { r: 200, g: 30, b: 60, alpha: 0.5 } } })
const size = { width: 301, height: 157 }

describe('the size of a picture, by its head', () => {
  const kinds: [name: string, mime: string, bytes: Promise<Buffer>][] = [
    ['PNG', 'image/png', drawn(4).png().toBuffer()],
    ['GIF', 'image/gif', drawn().gif().toBuffer()],
    ['lossy WebP', 'image/webp', drawn().webp().toBuffer()],
    ['lossless WebP', 'image/webp', drawn().webp({ lossless: true }).toBuffer()],
    ['WebP with a second layer', 'image/webp', drawn(4).webp({ quality: 60 }).toBuffer()],
    ['JPEG', 'image/jpeg', drawn().jpeg().toBuffer()],
    ['progressive JPEG', 'image/jpeg', drawn().jpeg({ progressive: true }).toBuffer()],
  ]
  it.each(kinds)('is read from %s', async (_, mime, bytes) => {
    expect(pictureSize(mime, await bytes)).toEqual(size)
  })

  it('is as it is seen when the camera was held upright', async () => {
    for (const orientation of [1, 3, 6, 8]) {
      const bytes = await drawn().jpeg().withMetadata({ orientation }).toBuffer()
      expect(pictureSize('image/jpeg', bytes), String(orientation)).toEqual(orientation >= 5 ? { width: 157, height: 301 } : size)
    }
  })

  it('is unknown where it can’t be read, whatever the bytes', async () => {
    expect(pictureSize('image/avif', await drawn().png().toBuffer())).toBeNull()
    expect(pictureSize('image/png', Buffer.alloc(24))).toBeNull()
    const starts = [Buffer.from([0x89, 0x50, 0x4E, 0x47]), Buffer.from('GIF89a'), Buffer.from('RIFF....WEBPVP8X'), Buffer.from([0xFF, 0xD8, 0xFF, 0xE1, 0, 40, ...Buffer.from('Exif\0\0MM\0*\0\0\0\x08')])]
    fc.assert(fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }), fc.constantFrom('image/png', 'image/gif', 'image/webp', 'image/jpeg'), (start, rest, mime) => {
      const found = pictureSize(mime, Buffer.concat([start, rest]))
      expect(found === null || (found.width > 0 && found.height > 0)).toBe(true)
    }))
  })
})
