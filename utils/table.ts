/** What separates the cells: the candidate that stands most often in the first line. */
function separatorOf(text: string): string {
  const line = text.slice(0, text.search(/\n|$/))
  const count = (mark: string) => line.split(mark).length
  return ['\t', ';', ','].reduce((best, mark) => count(mark) > count(best) ? mark : best)
}

/**
 * Rows and cells of a CSV (RFC 4180; commas, semicolons or tabs), at most so many rows. Anything is some table: a quote
 * that never ends takes the rest.
 */
export function readTable(text: string, most: number): string[][] {
  const separator = separatorOf(text)
  const cell = new RegExp(`(?:"((?:[^"]|"")*)(?:"|$)|([^${separator}\\r\\n]*))(${separator}|\\r?\\n|\\r|$)`, 'y')
  const rows: string[][] = []
  let row: string[] = []
  while (cell.lastIndex < text.length && rows.length < most) {
    const [, quoted, plain = '', end] = cell.exec(text) ?? []
    if (end === undefined) break
    row.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === separator) continue
    if (row.some(Boolean)) rows.push(row)
    row = []
  }
  if (rows.length < most && row.length > 0) rows.push([...row, ''])
  return rows
}
