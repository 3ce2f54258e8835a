/** What was read from an Office file, in blocks to be shown: the text that server/media-processing/office.ts makes. Pure. */

export type DocumentBlock =
  | { kind: 'heading', level: number, text: string }
  | { kind: 'list', items: { text: string, level: number }[] }
  | { kind: 'table', rows: string[][] }
  | { kind: 'text', text: string }

/** In a sheet every line is a row; elsewhere rows are lines with tabs that follow one another. */
function kindOf(line: string, isSheet: boolean, neighbours: readonly (string | undefined)[]): DocumentBlock['kind'] {
  if (/^#{1,6} \S/.test(line) && !line.includes('\t')) return 'heading'
  if (isSheet) return 'table'
  if (/^ {0,16}- \S/.test(line)) return 'list'
  return line.includes('\t') && neighbours.some(other => other?.includes('\t')) ? 'table' : 'text'
}

function blockOf(kind: DocumentBlock['kind'], line: string): DocumentBlock {
  switch (kind) {
    case 'heading': return { kind, level: line.indexOf(' '), text: line.replace(/^#+ /, '') }
    case 'list': return { kind, items: [{ text: line.replace(/^ *- /, ''), level: line.search(/\S/) / 2 }] }
    case 'table': return { kind, rows: [line.split('\t')] }
    case 'text': return { kind, text: line }
  }
}

/** Adds to the last block what belongs to it; true when it did. */
function joins(last: DocumentBlock | undefined, next: DocumentBlock): boolean {
  if (last?.kind === 'list' && next.kind === 'list') return last.items.push(...next.items) > 0
  return last?.kind === 'table' && next.kind === 'table' && last.rows.push(...next.rows) > 0
}

/** The blocks of at most so many lines, and whether there are more lines. An empty line ends a list and, but in a sheet, a table. */
export function documentBlocks(text: string, isSheet: boolean, mostLines: number): { blocks: DocumentBlock[], more: boolean } {
  const lines = text.split('\n', mostLines + 1)
  const blocks: DocumentBlock[] = []
  for (const [at, line] of lines.slice(0, mostLines).entries()) {
    if (!line.trim()) continue
    const next = blockOf(kindOf(line, isSheet, [lines[at - 1], lines[at + 1]]), line)
    const goesOn = isSheet || Boolean(lines[at - 1]?.trim())
    if (!goesOn || !joins(blocks.at(-1), next)) blocks.push(next)
  }
  return { blocks, more: lines.length > mostLines && lines.slice(mostLines).some(line => line.trim()) }
}
