/** The sheets of an Excel file: rows with a tab between their cells, each cell in its column; the name of a sheet as a heading. */
import { limits } from './limits.ts'
import { attribute, walk } from './office-xml.ts'

/** Empty cells that are made before one that stands far to the right: a file of a few bytes may name the last column there is. */
const mostEmpty = 200
const dayMs = 86_400_000
/** Day 0 of the two calendars that there are; the first counts 29 February 1900, which never was. */
const firstDay = { 1900: Date.UTC(1899, 11, 30), 1904: Date.UTC(1904, 0, 1) }

interface Reading { shared: readonly string[], isDate: (style: number) => boolean, dayZero: number }

/** `2024-02-29`, with the time where there is one; a time alone without its day. */
function sayDate(value: number, dayZero: number): string {
  const at = new Date(dayZero + Math.round(value * dayMs / 1000) * 1000)
  if (Number.isNaN(at.getTime())) return String(value)
  const [day = '', time = ''] = at.toISOString().slice(0, 19).split('T')
  if (Number.isInteger(value)) return day
  return value < 1 ? time : `${day} ${time}`
}

/** Formats of numbers that are dates or times: those every file has, and the file's own that speak of days or hours. */
function datesOf(styles: string): (style: number) => boolean {
  const own = new Set<number>()
  const formats: number[] = []
  let inCells = false
  for (const { tag, name } of walk(styles)) {
    if (name === 'numFmt' && /[dmyhs]/i.test((attribute(tag, 'formatCode') ?? '').replace(/"[^"]{0,200}"|\[[^\]]{0,50}\]|\\./g, ''))) own.add(Number(attribute(tag, 'numFmtId')))
    if (name === 'cellXfs') inCells = true
    if (name === '/cellXfs') inCells = false
    if (name === 'xf' && inCells) formats.push(Number(attribute(tag, 'numFmtId')))
  }
  return (style) => {
    const format = formats[style] ?? 0
    return own.has(format) || (format >= 14 && format <= 22) || (format >= 45 && format <= 47)
  }
}

/** `C7` stands in column 2. */
const columnOf = (place: string) => [.../^[A-Z]{0,3}/.exec(place)?.[0] ?? ''].reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0) - 1

function sayCell(value: string, tag: string, { shared, isDate, dayZero }: Reading): string {
  const type = attribute(tag, 't')
  if (type === 's') return shared[Number(value)] ?? ''
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE'
  const isNumber = type === null || type === 'n'
  return (isNumber && value !== '' && isDate(Number(attribute(tag, 's') ?? -1)) ? sayDate(Number(value), dayZero) : value).replace(/\s+/g, ' ')
}

function rowsOf(xml: string, reading: Reading): string {
  const out: string[] = []
  let units = 0
  let row: string[] = []
  let cell = ''
  let value = ''
  let inValue = false
  const begin = (tag: string) => { inValue = !tag.endsWith('/') }
  const end = () => { inValue = false }
  const add = (text: string) => { units += row.push(text) && text.length + 1 }
  const endRow = () => {
    out.push(`${row.join('\t').replace(/\t+$/, '')}\n`)
    units += 1
    row = []
  }
  const meanings: Record<string, (tag: string) => void> = {
    'c': (tag) => {
      cell = tag
      value = ''
      for (let left = Math.min(columnOf(attribute(tag, 'r') ?? '') - row.length, mostEmpty); left > 0; left--) add('')
      if (tag.endsWith('/')) add('')
    },
    'v': begin, 't': begin, '/v': end, '/t': end,
    '/c': () => add(sayCell(value, cell, reading)),
    '/row': endRow,
  }
  for (const { tag, name, text } of walk(xml)) {
    if (units > limits.textLength) break
    if (text && inValue) value += text
    meanings[name]?.(tag)
  }
  if (row.length > 0) endRow()
  return out.join('')
}

/** Texts that cells name by their number. How they are pronounced (`rPh`) is not part of them. */
function sharedOf(xml: string): string[] {
  const found: string[] = []
  let words = ''
  let inText = false
  let inSound = false
  const meanings: Record<string, (tag: string) => void> = {
    't': (tag) => { inText = !inSound && !tag.endsWith('/') },
    '/t': () => { inText = false },
    'rPh': () => { inSound = true },
    '/rPh': () => { inSound = false },
    'si': tag => tag.endsWith('/') && found.push(''),
    '/si': () => {
      found.push(words.replace(/\s+/g, ' '))
      words = ''
    },
  }
  for (const { tag, name, text } of walk(xml)) {
    if (text && inText) words += text
    meanings[name]?.(tag)
  }
  return found
}

/** Names of the sheets by the number in the name of their part. */
function namesOf(workbook: string, relations: string): Map<number, string> {
  const targets = new Map<string, number>()
  for (const { tag, name } of walk(relations)) {
    const number = name === 'Relationship' ? /worksheets\/sheet(\d{1,6})\.xml$/.exec(attribute(tag, 'Target') ?? '')?.[1] : undefined
    if (number) targets.set(attribute(tag, 'Id') ?? '', Number(number))
  }
  const names = new Map<number, string>()
  for (const { tag, name } of walk(workbook)) {
    const number = name === 'sheet' ? targets.get(attribute(tag, 'id') ?? '') : undefined
    if (number !== undefined) names.set(number, (attribute(tag, 'name') ?? '').replace(/\s+/g, ' '))
  }
  return names
}

/** All sheets in the order of the book. `sheets` are the parts, by their numbers. */
export function sheetsOf(part: (name: string) => string, sheets: readonly (readonly [number, string])[]): string {
  const workbook = part('xl/workbook.xml')
  const reading: Reading = {
    shared: sharedOf(part('xl/sharedStrings.xml')),
    isDate: datesOf(part('xl/styles.xml')),
    dayZero: firstDay[/<workbookPr\b[^>]{0,1000}\bdate1904="(1|true)"/.test(workbook) ? 1904 : 1900],
  }
  const names = namesOf(workbook, part('xl/_rels/workbook.xml.rels'))
  const order = [...names.keys()]
  const inOrder = sheets.toSorted(([a], [b]) => (order.indexOf(a) - order.indexOf(b)) || a - b)
  const heading = (number: number) => sheets.length > 1 && names.has(number) ? `# ${names.get(number)}\n` : ''
  return inOrder.map(([number, xml]) => heading(number) + rowsOf(xml, reading)).join('\n')
}
