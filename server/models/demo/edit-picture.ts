/** How the demo image model edits: it understands a few words, changes the picture visibly, and marks it as a demo's work. */
import { InvalidArgumentError, type ImageModelV4File } from '@ai-sdk/provider'
import type { Sharp } from 'sharp'

/** Longest side of what comes back. */
const side = 1024

const edits: [RegExp, (picture: Sharp) => Sharp][] = [
  [/black and white|\bgr[ea]y|monochrome/i, picture => picture.greyscale()],
  [/sepia|vintage|\bold\b/i, picture => picture.greyscale().tint('#a8814f')],
  [/blur|\bsoft/i, picture => picture.blur(6)],
  [/mirror|flop/i, picture => picture.flop()],
  [/upside|flip/i, picture => picture.flip()],
  [/negative|invert/i, picture => picture.negate({ alpha: false })],
  [/\bdark|\bnight/i, picture => picture.modulate({ brightness: 0.5 })],
  [/\bbright|\blight(er)?\b|sunny/i, picture => picture.modulate({ brightness: 1.5 })],
  [/colou?rful|vivid|\bwarm/i, picture => picture.modulate({ saturation: 2 })],
]
/** When no word is known: colours turned halfway round, which nobody overlooks. */
const otherwise = (picture: Sharp) => picture.modulate({ hue: 180 })

/** A frame and the word DEMO, drawn as lines: a server may have no fonts. */
function markOf(width: number, height: number): Buffer {
  const unit = Math.max(2, Math.round(Math.min(width, height) / 90))
  const letters = ['M0 0V6H2Q4 6 4 3T2 0Z', 'M10 0H6V6H10M6 3H9', 'M12 6V0L14 3L16 0V6', 'M18 3Q18 0 20 0T22 3T20 6T18 3Z']
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="${width}" height="${height}" fill="none" stroke="#7c3aed" stroke-width="${unit * 2}"/>
    <rect width="${unit * 28}" height="${unit * 12}" fill="#7c3aed"/><g transform="translate(${unit * 3} ${unit * 3}) scale(${unit})" fill="none" stroke="#fff" stroke-width=".9">${letters.map(path => `<path d="${path}"/>`).join('')}</g></svg>`)
}

export async function editPicture(file: ImageModelV4File, prompt: string): Promise<Uint8Array> {
  if (file.type !== 'file') throw new InvalidArgumentError({ argument: 'files', message: 'The demo model fetches nothing.' })
  const { default: sharp } = await import('sharp')
  const bytes = typeof file.data === 'string' ? Buffer.from(file.data, 'base64') : file.data
  const fit = await sharp(bytes).autoOrient().resize(side, side, { fit: 'inside', withoutEnlargement: true }).toBuffer()
  const known = edits.filter(([words]) => words.test(prompt)).map(([, edit]) => edit)
  const { data, info } = await (known.length ? known : [otherwise]).reduce((picture, edit) => edit(picture), sharp(fit)).png().toBuffer({ resolveWithObject: true })
  return sharp(data).composite([{ input: markOf(info.width, info.height) }]).png({ compressionLevel: 9 }).toBuffer()
}
