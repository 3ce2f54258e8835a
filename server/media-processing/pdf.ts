/** PDF: its text, its pages, and a picture of the first one where the canvas that draws it is installed. */
import { join } from 'node:path'
import sharp from 'sharp'
import { createIsomorphicCanvasFactory, getDocumentProxy } from 'unpdf'
import { openCanvas } from './engine.ts'
import { placeholderOf } from './image.ts'
import { limits } from './limits.ts'
import type { Facts, Forms, Made, Say } from './task.ts'

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>

async function readText(pdf: Pdf, say: Say): Promise<string> {
  const texts: string[] = []
  let length = 0
  for (let number = 1; number <= Math.min(pdf.numPages, limits.pdfPages) && length < limits.textLength; number++) {
    const page = await pdf.getPage(number)
    const { items } = await page.getTextContent()
    const text = items.map(item => 'str' in item ? item.str + (item.hasEOL ? '\n' : '') : '').join('')
    texts.push(text)
    length += text.length
    page.cleanup()
    say(number / pdf.numPages * 80)
  }
  return texts.join('\n\n')
}

/** Draws the first page on white, its longest side as large as a poster's. */
async function drawFirstPage(pdf: Pdf, canvas: NonNullable<Awaited<ReturnType<typeof openCanvas>>>): Promise<Buffer> {
  const page = await pdf.getPage(1)
  const { width, height } = page.getViewport({ scale: 1 })
  const viewport = page.getViewport({ scale: limits.posterSide / Math.max(width, height, 1) })
  const surface = canvas.createCanvas(Math.max(1, Math.round(viewport.width)), Math.max(1, Math.round(viewport.height)))
  const task = page.render({ canvas: surface as never, canvasContext: surface.getContext('2d') as never, viewport })
  const timer = setTimeout(() => task.cancel(), limits.pdfDrawingMs)
  await task.promise.finally(() => clearTimeout(timer))
  return surface.toBuffer('image/png')
}

async function makePictures(png: Buffer, folder: string): Promise<{ placeholder: string, forms: Forms }> {
  const page = sharp(png).flatten({ background: '#fff' })
  await page.clone().webp({ quality: 80 }).toFile(join(folder, 'poster.webp'))
  await page.clone().resize(limits.thumbnailSide, limits.thumbnailSide, { fit: 'inside' }).webp({ quality: 80 }).toFile(join(folder, 'thumbnail.webp'))
  return { placeholder: await placeholderOf(page), forms: { poster: 'poster.webp', thumbnail: 'thumbnail.webp' } }
}

/** `read` hears of what is known before each step that a hostile file can make take for ever. */
export async function readPdf(data: Buffer, folder: string, say: Say, read: (facts: Facts) => void): Promise<Made> {
  const canvas = await openCanvas()
  const CanvasFactory = canvas ? await createIsomorphicCanvasFactory(async () => canvas) : undefined
  const pdf = await getDocumentProxy(new Uint8Array(data), {
    disableFontFace: true, useSystemFonts: false, stopAtErrors: false, verbosity: 0, maxImageSize: limits.pdfImagePixels, ...(CanvasFactory ? { CanvasFactory } : {}),
  })
  read({ pages: pdf.numPages })
  const facts: Facts = { pages: pdf.numPages, extractedText: await readText(pdf, say) }
  read(facts)
  if (!canvas) return { facts, forms: {}, notice: { code: 'media_engine_missing', details: { missing: 'there is no picture of its first page' } } }
  try {
    const { placeholder, forms } = await makePictures(await drawFirstPage(pdf, canvas), folder)
    return { facts: { ...facts, placeholder }, forms, notice: null }
  }
  catch {
    // Its text is worth more than its picture.
    return { facts, forms: {}, notice: { code: 'media_not_drawn', details: {} } }
  }
}
