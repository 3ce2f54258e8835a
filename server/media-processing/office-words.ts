/** The text of Word and PowerPoint files: paragraphs, what they are (heading, list) as Markdown marks it, rows of tables with tabs. */
import { limits } from './limits.ts'
import { attribute, walk } from './office-xml.ts'

/** Levels of headings by the id of their style: a style's name is English whatever the language of the program. */
export function headingStyles(styles: string): Map<string, number> {
  const found = new Map<string, number>()
  let id = ''
  for (const { tag, name } of walk(styles)) {
    if (name === 'w:style') id = attribute(tag, 'styleId') ?? ''
    const level = name === 'w:name' ? /^(?:heading ([1-6])|title)$/i.exec(attribute(tag, 'val') ?? '') : null
    if (level) found.set(id, Number(level[1] ?? 1))
  }
  return found
}

/** What is being read: a paragraph; in a table also the cell and the row. Tables within a cell are part of its text. */
function openPage() {
  const out: string[] = []
  let units = 0
  let words = ''
  let heading = 0
  let list = -1
  let depth = 0
  let row: string[] = []
  let cell: string[] = []
  const add = (line: string) => {
    out.push(line)
    units += line.length
  }
  return {
    full: () => units > limits.textLength,
    text: () => out.join(''),
    say: (more: string) => { words += more },
    setHeading: (level: number) => { heading = level },
    setList: (level: number) => { list = level },
    endParagraph(inTitle: boolean) {
      const level = inTitle ? 1 : heading
      const mark = level > 0 ? `${'#'.repeat(level)} ` : list >= 0 ? `${'  '.repeat(Math.min(8, list))}- ` : ''
      const line = words.split(/\s+/).filter(Boolean).join(' ')
      if (depth > 0) cell.push(line)
      else add(mark && line ? `${mark}${line}\n` : `${words}\n`)
      words = ''
      heading = 0
      list = -1
    },
    changeDepth: (by: 1 | -1) => { depth = Math.max(0, depth + by) },
    endCell() {
      if (depth !== 1) return
      row.push(cell.filter(Boolean).join(' '))
      cell = []
    },
    endRow() {
      if (depth !== 1) return
      add(`${row.join('\t')}\n`)
      row = []
    },
  }
}

/** The text of one part. It is read until there is as much as is kept. */
export function wordsOf(xml: string, headings: ReadonlyMap<string, number> = new Map()): string {
  const page = openPage()
  let inText = false
  let inTitle = false
  let skips = false
  const numberOf = (tag: string) => Number(attribute(tag, 'val') ?? 0) || 0
  const meanings: Record<string, (tag: string) => void> = {
    't': (tag) => { inText = !tag.endsWith('/') },
    '/t': () => { inText = false },
    'br': () => page.say('\n'),
    // A stop for tabs has a place; a tab in the text has none.
    'tab': tag => attribute(tag, 'pos') === null && page.say('\t'),
    'pStyle': tag => page.setHeading(headings.get(attribute(tag, 'val') ?? '') ?? 0),
    'numPr': () => page.setList(0),
    'ilvl': tag => page.setList(numberOf(tag)),
    'p': tag => tag.endsWith('/') && page.endParagraph(inTitle),
    '/p': () => page.endParagraph(inTitle),
    'ph': (tag) => { inTitle = /^(t|ctrT)itle$/.test(attribute(tag, 'type') ?? '') },
    '/sp': () => { inTitle = false },
    'tbl': () => page.changeDepth(1),
    '/tbl': () => page.changeDepth(-1),
    '/tc': page.endCell,
    '/tr': page.endRow,
    // The same once more, for programs that don't understand the first.
    'mc:Fallback': (tag) => { skips = !tag.endsWith('/') },
  }
  for (const { tag, name, text } of walk(xml)) {
    if (page.full()) break
    if (name === '/mc:Fallback') skips = false
    if (skips) continue
    if (text && inText) page.say(text)
    meanings[name.replace(/^(\/?)[wap]:/, '$1')]?.(tag)
  }
  return page.text()
}
