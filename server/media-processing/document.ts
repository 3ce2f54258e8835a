/** Documents: their text and the number of their pages, for models that cannot read the file itself, for search and preview. */
import { readFile, stat } from 'node:fs/promises'
import { getDocumentProxy } from 'unpdf'
import { officeMimes } from '../domain/media-kinds.ts'
import { readOffice } from './office.ts'
import { limits } from './limits.ts'
import { BadFile, type Facts, type Made, type Say, type Task } from './task.ts'

const readable = (mime: string) => mime.startsWith('text/') || mime === 'application/json'

export async function processDocument({ path, mime, name }: Task, say: Say): Promise<Made> {
  const reader = mime === 'application/pdf' ? readPdf : officeMimes.includes(mime) ? readOffice : readable(mime) ? readText : null
  if (!reader) return { facts: {}, forms: {}, notice: null }
  if ((await stat(path)).size > limits.documentBytes)
    return { facts: {}, forms: {}, notice: { code: 'media_too_big_to_open', details: { name, limit: `${limits.documentBytes / 1024 ** 2} MB` } } }
  try {
    const { extractedText = '', ...facts } = await reader(await readFile(path), mime, say)
    return { facts: { ...facts, extractedText: tidy(extractedText) }, forms: {}, notice: null }
  }
  catch (error) {
    // A document that we can't read, such as one with a password, can still be what its reader wants to keep.
    const trouble = error instanceof BadFile ? error.trouble : { code: 'media_broken' as const, details: {} }
    return { facts: {}, forms: {}, notice: { ...trouble, details: { name, ...trouble.details } } }
  }
}

/** Without what a database cannot keep (NUL) and a page does not show, cut at the limit but never inside a letter. */
const tidy = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- these are what is taken out
  text.replace(/[\x00-\x08\x0B\x0C\x0E-\x1F]/g, '').replace(/\n{4,}/g, '\n\n\n').slice(0, limits.textLength).toWellFormed()

async function readText(data: Buffer): Promise<Facts> {
  return { extractedText: new TextDecoder('utf-8').decode(data.subarray(0, limits.textLength * 4)) }
}

async function readPdf(data: Buffer, _mime: string, say: Say): Promise<Facts> {
  const pdf = await getDocumentProxy(new Uint8Array(data), { disableFontFace: true, useSystemFonts: false, stopAtErrors: false, verbosity: 0 })
  const texts: string[] = []
  let length = 0
  for (let number = 1; number <= Math.min(pdf.numPages, limits.pdfPages) && length < limits.textLength; number++) {
    const page = await pdf.getPage(number)
    const { items } = await page.getTextContent()
    const text = items.map(item => 'str' in item ? item.str + (item.hasEOL ? '\n' : '') : '').join('')
    texts.push(text)
    length += text.length
    page.cleanup()
    say(number / pdf.numPages * 100)
  }
  return { pages: pdf.numPages, extractedText: texts.join('\n\n') }
}
