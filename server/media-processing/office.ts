/** Text of Office files (archives of XML). Nothing is unpacked before its size was looked at. */
import { strFromU8, unzipSync, type UnzipFileInfo } from 'fflate'
import { limits } from './limits.ts'
import { BadFile, type Facts } from './task.ts'

const wanted = /^(word\/(document|footnotes)\.xml|xl\/(sharedStrings\.xml|worksheets\/sheet\d+\.xml)|ppt\/slides\/slide\d+\.xml|docProps\/app\.xml)$/
const bomb = () => new BadFile('media_too_big_to_open', { limit: `${limits.archiveBytes / 1024 ** 2} MB unpacked` })

/**
 * The parts that hold text. An archive that lies about a size gets no more room than it claimed: the unpacker fills a
 * buffer of that size and fails past its end.
 */
function unpack(data: Buffer): Map<string, string> {
  let entries = 0
  let bytes = 0
  const filter = ({ name, originalSize, size }: UnzipFileInfo) => {
    entries += 1
    if (entries > limits.archiveEntries) throw bomb()
    if (!wanted.test(name)) return false
    bytes += originalSize
    if (originalSize > limits.archiveEntryBytes || bytes > limits.archiveBytes || (originalSize > 1024 ** 2 && originalSize > size * 500)) throw bomb()
    return true
  }
  return new Map(Object.entries(unzipSync(data, { filter })).map(([name, part]) => [name, strFromU8(part)]))
}

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: '\'' }
/** Only the five names XML has by itself, and numbers: entities that a document defines are not expanded. */
const plain = (text: string) => text.replace(/&(#x?[0-9a-f]{1,6}|\w{2,4});/gi, (whole, name: string) => {
  if (!name.startsWith('#')) return entities[name] ?? whole
  const code = name[1] === 'x' || name[1] === 'X' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  return code > 0 && code <= 0x10FFFF ? String.fromCodePoint(code) : ''
})

/** Walks tags and the text between them once, without building a tree. */
function* walk(xml: string): Generator<{ tag: string, text: string }> {
  let at = 0
  while (at < xml.length) {
    const open = xml.indexOf('<', at)
    const close = open < 0 ? -1 : xml.indexOf('>', open)
    if (close < 0) return
    yield { tag: xml.slice(open + 1, close), text: '' }
    const next = xml.indexOf('<', close)
    const text = xml.slice(close + 1, next < 0 ? xml.length : next)
    if (text) yield { tag: '', text: plain(text) }
    at = next < 0 ? xml.length : next
  }
}

const nameOf = (tag: string) => /^\/?[\w:]+/.exec(tag)?.[0] ?? ''

/** Runs of text (`t`), lines at the end of paragraphs (`p`) and rows (`tr`), tabs and cells as tabs. Word and PowerPoint alike. */
function textOf(xml: string): string {
  const out: string[] = []
  let inText = false
  for (const { tag, text } of walk(xml)) {
    if (text && inText) out.push(text)
    const name = nameOf(tag).replace(/^(\/?)[wa]:/, '$1')
    if (name === 't') inText = !tag.endsWith('/')
    else if (name === '/t') inText = false
    else if (name === '/p' || name === 'br') out.push('\n')
    else if (name === 'tab' || name === '/tc') out.push('\t')
  }
  return out.join('')
}

function readSheets(parts: Map<string, string>): string {
  const shared = (parts.get('xl/sharedStrings.xml') ?? '').split(/<si\b[^>]*>/).slice(1).map(item => textOf(item).replace(/\s+/g, ' '))
  return numbered(parts, 'xl/worksheets/sheet').map(([, xml]) => rowsOf(xml, shared)).join('\n\n')
}

// eslint-disable-next-line complexity -- one line per tag that matters
function rowsOf(xml: string, shared: readonly string[]): string {
  const out: string[] = []
  let isShared = false
  let inValue = false
  for (const { tag, text } of walk(xml)) {
    const name = nameOf(tag)
    if (text && inValue) out.push(isShared ? shared[Number(text)] ?? '' : text)
    if (name === 'c') isShared = /\bt="s"/.test(tag)
    else if (name === 'v' || name === 't') inValue = !tag.endsWith('/')
    else if (name === '/v' || name === '/t') inValue = false
    else if (name === '/c') out.push('\t')
    else if (name === '/row') out.push('\n')
  }
  return out.join('').replace(/\t\n/g, '\n')
}

/** Parts `<prefix>1.xml`, `<prefix>2.xml` … in the order of their numbers. */
const numbered = (parts: Map<string, string>, prefix: string) => [...parts]
  .filter(([name]) => name.startsWith(prefix))
  .sort(([a], [b]) => Number(/\d+/.exec(a.slice(prefix.length))?.[0]) - Number(/\d+/.exec(b.slice(prefix.length))?.[0]))

export async function readOffice(data: Buffer, mime: string): Promise<Facts> {
  const parts = unpack(data)
  if (mime.includes('spreadsheet')) return { extractedText: readSheets(parts) }
  if (mime.includes('presentation')) {
    const slides = numbered(parts, 'ppt/slides/slide')
    return { pages: slides.length, extractedText: slides.map(([, xml]) => textOf(xml)).join('\n\n') }
  }
  const document = parts.get('word/document.xml')
  if (document === undefined) throw new BadFile('media_broken')
  const pages = Number(/<Pages>(\d{1,6})<\/Pages>/.exec(parts.get('docProps/app.xml') ?? '')?.[1])
  return { ...(pages > 0 ? { pages } : {}), extractedText: [document, parts.get('word/footnotes.xml') ?? ''].map(textOf).join('\n') }
}
