/** Small real files of every kind that is taken, and hostile ones; made here, except the film. */
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createDeflate } from 'node:zlib'
import { strToU8, zipSync } from 'fflate'
import sharp from 'sharp'
import { film } from '../../server/examples/film.ts'
import { heicBytes } from './heic.ts'

export interface Sample { name: string, mime: string, bytes: Buffer }

const flat = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: { r: 200, g: 80, b: 20 } } })

export async function picture(format: 'png' | 'jpeg' | 'webp' | 'gif' | 'avif' | 'tiff' = 'png', width = 80, height = 60): Promise<Sample> {
  return { name: `picture.${format === 'jpeg' ? 'jpg' : format}`, mime: `image/${format}`, bytes: await flat(width, height).toFormat(format).toBuffer() }
}

/** Taken at a place (GPS), by a phone held sideways: 80 × 60 as stored, 60 × 80 as seen. */
export async function photo(): Promise<Sample> {
  const bytes = await flat(80, 60).withExif({ IFD0: { Make: 'Spyphone', Orientation: '6' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1', GPSLongitudeRef: 'W', GPSLongitude: '0/1 7/1 0/1' } })
    .withMetadata({ orientation: 6 }).jpeg().toBuffer()
  return { name: 'photo.jpg', mime: 'image/jpeg', bytes }
}

export const heic = (): Sample => ({ name: 'IMG_0001.HEIC', mime: 'image/heic', bytes: heicBytes() })

/** 24 bits a pixel, orange; the header may say another size than the pixels are. */
export function bmp(width = 80, height = 60, says = { width, height }): Sample {
  const bytes = Buffer.alloc(54 + width * height * 3)
  bytes.write('BM')
  bytes.writeUInt32LE(bytes.length, 2)
  bytes.writeUInt32LE(54, 10)
  bytes.writeUInt32LE(40, 14)
  bytes.writeInt32LE(says.width, 18)
  bytes.writeInt32LE(says.height, 22)
  bytes.writeUInt16LE(1, 26)
  bytes.writeUInt16LE(24, 28)
  for (let at = 54; at < bytes.length; at += 3) bytes.set([20, 80, 200], at)
  return { name: 'scan.bmp', mime: 'image/bmp', bytes }
}

/** The photo above, its header saying that it has 3.6 thousand million pixels. */
export function heicBomb(): Sample {
  const sample = heic()
  for (let at = sample.bytes.indexOf('ispe'); at >= 0; at = sample.bytes.indexOf('ispe', at + 4)) {
    sample.bytes.writeUInt32BE(60_000, at + 8)
    sample.bytes.writeUInt32BE(60_000, at + 12)
  }
  return sample
}

/** A tone that grows louder, PCM 16 bit, one channel. */
export function recording(seconds = 2, rate = 16_000): Sample {
  const count = Math.round(seconds * rate)
  const bytes = Buffer.alloc(44 + count * 2)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(36 + count * 2, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(rate, 24)
  bytes.writeUInt32LE(rate * 2, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(count * 2, 40)
  for (let at = 0; at < count; at++) bytes.writeInt16LE(Math.round(Math.sin(at / 8) * 30_000 * at / count), 44 + at * 2)
  return { name: 'recording.wav', mime: 'audio/wav', bytes }
}

/** Sound of two months, as its header says: one sample in a second. */
export function monthsOfSound(): Sample {
  const sample = recording(5, 1_000_000)
  sample.bytes.writeUInt32LE(1, 24)
  sample.bytes.writeUInt32LE(2, 28)
  return { ...sample, name: 'months.wav' }
}

/** Two kilobytes that say they are a year of sound, and hold none: a reader looks for it in circles. */
export function endlessFlac(): Sample {
  const bytes = Buffer.alloc(2042)
  bytes.write('fLaC')
  // The only block of metadata, 34 bytes: sizes of blocks, 44.1 kHz, two channels of 16 bits, samples without end.
  bytes.set([0x80, 0, 0, 34, 0x10, 0, 0x10, 0], 4)
  bytes.set([0x0A, 0xC4, 0x42, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 18)
  return { name: 'endless.flac', mime: 'audio/flac', bytes }
}

export const video = (): Sample => ({ name: 'film.mp4', mime: 'video/mp4', bytes: Buffer.from(film()) })

const pdfOf = (objects: readonly (string | Buffer)[]): Buffer => {
  const pieces: Buffer[] = [Buffer.from('%PDF-1.4\n')]
  let length = 9
  const add = (piece: string | Buffer) => {
    pieces.push(Buffer.from(piece as string))
    length += pieces.at(-1)!.length
  }
  const places = objects.map((object, at) => {
    const place = length
    for (const piece of [`${at + 1} 0 obj\n`, object, '\nendobj\n']) add(piece)
    return place
  })
  const table = length
  add(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.map(place => `${String(place).padStart(10, '0')} 00000 n \n`).join('')}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`)
  return Buffer.concat(pieces)
}
const stream = (content: string | Buffer, more = '') => Buffer.concat([Buffer.from(`<< /Length ${content.length} ${more} >>\nstream\n`), Buffer.from(content as string), Buffer.from('\nendstream')])

/** A page of a few hundred bytes that draws itself ten thousand million times: each of ten forms draws the next one ten times. */
export function pdfThatNeverEnds(): Sample {
  const form = (level: number) => stream(level < 10 ? `/F${level + 1} Do `.repeat(10) : '0 0 10 10 re f ', `/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /F${level + 1} ${5 + level} 0 R >> >>`)
  return { name: 'endless.pdf', mime: 'application/pdf', bytes: pdfOf([
    '<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /XObject << /F1 5 0 R >> >> /Contents 4 0 R >>', stream('/F1 Do'),
    ...Array.from({ length: 10 }, (_, at) => form(at + 1)),
  ]) }
}

/** A page of 1 MB whose drawing unpacks to 1 GB. */
export async function pdfBomb(): Promise<Sample> {
  const spaces = Buffer.alloc(16 * 1024 ** 2, 32)
  const packed = await buffer(Readable.from(Array.from({ length: 64 }, () => spaces)).pipe(createDeflate()))
  return { name: 'bomb.pdf', mime: 'application/pdf', bytes: pdfOf([
    '<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>', '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>', stream(packed, '/Filter /FlateDecode'),
  ]) }
}

export function pdf(pages: readonly string[] = ['Hello from page one', 'And page two']): Sample {
  const objects = ['<< /Type /Catalog /Pages 2 0 R >>', `<< /Type /Pages /Kids [${pages.map((_, at) => `${4 + at * 2} 0 R`).join(' ')}] /Count ${pages.length} >>`, '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>']
  for (const [at, text] of pages.entries()) {
    const stream = `BT /F1 24 Tf 50 700 Td (${text}) Tj ET`
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + at * 2} 0 R >>`, `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`)
  }
  return { name: 'paper.pdf', mime: 'application/pdf', bytes: pdfOf(objects) }
}

const office = 'application/vnd.openxmlformats-officedocument'
const archive = (name: string, mime: string, main: string, parts: Record<string, string | Uint8Array>): Sample => ({
  name, mime: `${office}.${mime}`,
  bytes: Buffer.from(zipSync({
    '[Content_Types].xml': strToU8(`<?xml version="1.0"?><Types><Override PartName="/${main}" ContentType="${office}.${mime}.main+xml"/></Types>`),
    ...Object.fromEntries(Object.entries(parts).map(([part, content]) => [part, typeof content === 'string' ? strToU8(content) : content])),
  })),
})

export const docx = (text = 'Dear &lt;reader&gt; &amp; friends'): Sample => archive('letter.docx', 'wordprocessingml.document', 'word/document.xml', {
  'word/document.xml': `<w:document><w:body><w:p><w:r><w:t>${text}</w:t></w:r></w:p><w:p><w:r><w:t>Second</w:t><w:tab/><w:t xml:space="preserve"> line</w:t></w:r></w:p></w:body></w:document>`,
  'docProps/app.xml': '<Properties><Pages>3</Pages></Properties>',
})
export const xlsx = (): Sample => archive('table.xlsx', 'spreadsheetml.sheet', 'xl/workbook.xml', {
  'xl/workbook.xml': '<workbook/>',
  'xl/sharedStrings.xml': '<sst><si><t>Name</t></si><si><r><t>To</t></r><r><t>tal</t></r><rPh sb="0" eb="1"><t>toh</t></rPh></si></sst>',
  'xl/worksheets/sheet1.xml': '<worksheet><sheetData><row r="1"><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row r="2"><c t="inlineStr"><is><t>Ada</t></is></c><c><v>42</v></c></row></sheetData></worksheet>',
})
export const pptx = (): Sample => archive('talk.pptx', 'presentationml.presentation', 'ppt/presentation.xml', {
  'ppt/presentation.xml': '<p/>',
  ...Object.fromEntries([1, 2, 10].map(slide => [`ppt/slides/slide${slide}.xml`, `<p:sld><a:p><a:r><a:t>Slide ${slide}</a:t></a:r></a:p></p:sld>`])),
})

/** A report with what a word processor makes of it: headings by a German program's styles, a list, a table, an alternative. */
export const report = (): Sample => archive('report.docx', 'wordprocessingml.document', 'word/document.xml', {
  'word/styles.xml': '<w:styles><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style><w:style w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style></w:styles>',
  'word/document.xml': `<w:document><w:body>
    <w:p><w:pPr><w:pStyle w:val="berschrift1"/></w:pPr><w:r><w:t>The lighthouse</w:t></w:r></w:p>
    <w:p><w:r><w:t xml:space="preserve">It was </w:t></w:r><w:r><w:t>built late.</w:t></w:r></w:p>
    <w:p><w:pPr><w:pStyle w:val="berschrift2"/></w:pPr><w:r><w:t>What it needs</w:t></w:r></w:p>
    <w:p><w:pPr><w:numPr><w:ilvl w:val="0"/></w:numPr></w:pPr><w:r><w:t>Oil</w:t></w:r></w:p>
    <w:p><w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr></w:pPr><w:r><w:t>Good oil</w:t></w:r></w:p>
    <w:tbl><w:tr><w:tc><w:p><w:r><w:t>Year</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Cost</w:t></w:r></w:p><w:p><w:r><w:t>(pounds)</w:t></w:r></w:p></w:tc></w:tr>
    <w:tr><w:tc><w:p><w:r><w:t>1851</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>
    <w:p><mc:AlternateContent><mc:Choice><w:r><w:t>Once</w:t></w:r></mc:Choice><mc:Fallback><w:r><w:t>Twice</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>
  </w:body></w:document>`,
})

/** Two sheets, the second one first; gaps, a date, a time, a truth, an error, a formula. */
export const book = (): Sample => archive('book.xlsx', 'spreadsheetml.sheet', 'xl/workbook.xml', {
  'xl/workbook.xml': '<workbook><sheets><sheet name="Totals &amp; more" sheetId="2" r:id="rId7"/><sheet name="Raw" sheetId="1" r:id="rId3"/></sheets></workbook>',
  'xl/_rels/workbook.xml.rels': '<Relationships><Relationship Id="rId3" Target="worksheets/sheet1.xml"/><Relationship Id="rId7" Target="/xl/worksheets/sheet2.xml"/></Relationships>',
  'xl/styles.xml': '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="&quot;day &quot;dd/mm/yyyy"/><numFmt numFmtId="171" formatCode="0.00&quot;d&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="20"/><xf numFmtId="171"/></cellXfs></styleSheet>',
  'xl/worksheets/sheet1.xml': '<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="D1"><v>1</v></c></row><row r="2"><c r="XFD2"><v>9</v></c></row></sheetData></worksheet>',
  'xl/worksheets/sheet2.xml': '<worksheet><sheetData><row r="1"><c r="A1" s="1"><v>45351</v></c><c r="B1" s="2"><v>0.5</v></c><c r="C1" s="3"><v>7</v></c><c r="D1" t="b"><v>1</v></c><c r="E1" t="e"><v>#DIV/0!</v></c><c r="F1" t="str"><f>A1&amp;B1</f><v>joined</v></c></row></sheetData></worksheet>',
})

/** A row of eight hundred thousand cells that all name the same long text. */
export const wideBomb = (): Sample => archive('wide.xlsx', 'spreadsheetml.sheet', 'xl/workbook.xml', {
  'xl/workbook.xml': '<workbook/>',
  'xl/sharedStrings.xml': `<sst><si><t>${'x'.repeat(30_000)}</t></si></sst>`,
  'xl/worksheets/sheet1.xml': `<worksheet><sheetData><row>${'<c t="s"><v>0</v></c>'.repeat(800_000)}</row></sheetData></worksheet>`,
})

export const slides = (): Sample => archive('slides.pptx', 'presentationml.presentation', 'ppt/presentation.xml', {
  'ppt/presentation.xml': '<p/>',
  'ppt/slides/slide1.xml': '<p:sld><p:sp><p:nvSpPr><p:nvPr><p:ph type="ctrTitle"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>Lighthouses</a:t></a:r></a:p></p:txBody></p:sp><p:sp><p:txBody><a:p><a:r><a:t>and ships</a:t></a:r></a:p></p:txBody></p:sp></p:sld>',
})

export const text = (name: string, content: string, mime = ''): Sample => ({ name, mime, bytes: Buffer.from(content) })

/** 400 bytes that claim to be a picture of 2.5 thousand million pixels. */
export async function pixelBomb(): Promise<Sample> {
  const bytes = await flat(8, 8).png().toBuffer()
  bytes.writeUInt32BE(50_000, 16)
  bytes.writeUInt32BE(50_000, 20)
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29)
  return { name: 'bomb.png', mime: 'image/png', bytes }
}
function crc32(data: Uint8Array): number {
  let crc = ~0
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xEDB88320 : 0)
  }
  return ~crc >>> 0
}

/** A letter of 70 kB whose text unpacks to 70 MB, as its directory says. */
export const zipBomb = (): Sample => archive('bomb.docx', 'wordprocessingml.document', 'word/document.xml', { 'word/document.xml': new Uint8Array(70 * 1024 ** 2) })
/** The same, lying about its size in the archive's directory. */
export function lyingZipBomb(): Sample {
  const sample = archive('liar.docx', 'wordprocessingml.document', 'word/document.xml', { 'word/document.xml': new Uint8Array(20 * 1024 ** 2).fill(65) })
  for (let at = sample.bytes.indexOf('PK\x01\x02'); at >= 0; at = sample.bytes.indexOf('PK\x01\x02', at + 4))
    if (sample.bytes.readUInt32LE(at + 24) > 1024 ** 2) sample.bytes.writeUInt32LE(1000, at + 24)
  return sample
}
export const billionLaughs = (): Sample => docx('&lol9;')

export const svg = text('logo.svg', '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>', 'image/svg+xml')
export const html = text('page.html', '<!doctype html><script>alert(1)</script>', 'text/html')
export const program: Sample = { name: 'setup.exe', mime: 'application/octet-stream', bytes: Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)]) }
export const noise: Sample = { name: 'data.bin', mime: 'application/octet-stream', bytes: Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 97 + 0x80) & 0xFF)) }
