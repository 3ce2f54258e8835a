/** Text of Office files (archives of XML). Nothing is unpacked before its size was looked at. */
import { strFromU8, unzipSync, type UnzipFileInfo } from 'fflate'
import { limits } from './limits.ts'
import { sheetsOf } from './office-sheets.ts'
import { headingStyles, wordsOf } from './office-words.ts'
import { BadFile, type Facts } from './task.ts'

const wanted = /^(word\/(document|footnotes|styles)\.xml|xl\/((workbook|sharedStrings|styles)\.xml|_rels\/workbook\.xml\.rels|worksheets\/sheet\d{1,6}\.xml)|ppt\/slides\/slide\d{1,6}\.xml|docProps\/app\.xml)$/
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

/** Parts `<prefix>1.xml`, `<prefix>2.xml` … in the order of their numbers. */
const numbered = (parts: Map<string, string>, prefix: string) => [...parts]
  .flatMap(([name, xml]) => name.startsWith(prefix) ? [[Number(/\d+/.exec(name.slice(prefix.length))?.[0]), xml] as const] : [])
  .sort(([a], [b]) => a - b)

export async function readOffice(data: Buffer, mime: string): Promise<Facts> {
  const parts = unpack(data)
  const part = (name: string) => parts.get(name) ?? ''
  if (mime.includes('spreadsheet')) return { extractedText: sheetsOf(part, numbered(parts, 'xl/worksheets/sheet')) }
  if (mime.includes('presentation')) {
    const slides = numbered(parts, 'ppt/slides/slide')
    return { pages: slides.length, extractedText: slides.map(([, xml]) => wordsOf(xml)).join('\n\n') }
  }
  if (!parts.has('word/document.xml')) throw new BadFile('media_broken')
  const headings = headingStyles(part('word/styles.xml'))
  const pages = Number(/<Pages>(\d{1,6})<\/Pages>/.exec(part('docProps/app.xml'))?.[1])
  return { ...(pages > 0 ? { pages } : {}), extractedText: ['word/document.xml', 'word/footnotes.xml'].map(name => wordsOf(part(name), headings)).join('\n') }
}
