/** Documents: their text and the number of their pages, for models that cannot read the file itself, for search and preview. */
import { readFile, stat } from 'node:fs/promises'
import { officeMimes } from '../domain/media-kinds.ts'
import { readOffice } from './office.ts'
import { readPdf } from './pdf.ts'
import { limits } from './limits.ts'
import { BadFile, type Facts, type Made, type Say, type SoFar, type Task } from './task.ts'

const readable = (mime: string) => mime.startsWith('text/') || mime === 'application/json'

function readerOf(mime: string) {
  if (mime === 'application/pdf') return 'pdf'
  if (officeMimes.includes(mime)) return readOffice
  return readable(mime) ? readText : null
}

export async function processDocument({ path, folder, mime, name }: Task, say: Say, soFar: SoFar): Promise<Made> {
  const reader = readerOf(mime)
  if (!reader) return { facts: {}, forms: {}, notice: null }
  if ((await stat(path)).size > limits.documentBytes)
    return { facts: {}, forms: {}, notice: { code: 'media_too_big_to_open', details: { name, limit: `${limits.documentBytes / 1024 ** 2} MB` } } }
  try {
    const data = await readFile(path)
    const told = (facts: Facts, rest: Partial<Made> = {}): Made => ({ facts: { ...facts, extractedText: tidy(facts.extractedText ?? '') }, forms: {}, notice: null, ...rest })
    if (reader !== 'pdf') return told(await reader(data, mime))
    const { facts, ...rest } = await readPdf(data, folder, say, facts => soFar(told(facts)))
    return told(facts, rest)
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
