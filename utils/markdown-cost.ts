/**
 * What drawing a piece of Markdown may cost at most, by what stands in it: parsers take longer than in proportion for marks that
 * might belong together ("[[[[…", thousands of links in a row). A model can write for minutes what takes minutes to draw. Pure.
 */

/** More marks than this in one piece, and it is shown as it was written: on the server, where everybody waits for it, and in a browser. */
export const mostMarks = { server: 1000, browser: 4000 } as const

const marks = /[[\]*_$<>~`\\&:^=+!#|@{}]/g
/** A table's cells are cheap, and it has many. */
const cell = 0.25
const fence = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/
/** What code could be fenced in that isn't code: from there on everything counts. */
const notCode = /^\s*(?:<|:::|\$\$|\\\[)/

const marksIn = (line: string): number => (line.match(marks) ?? []).reduce((sum, mark) => sum + (mark === '|' ? cell : 1), 0)

/** The number of marks, roughly; lines of fenced code have none. */
export function markdownCost(text: string): number {
  let cost = 0
  let closing = ''
  let fences = true
  for (const line of text.split('\n')) {
    const found = fences ? fence.exec(line)?.[1] : undefined
    if (closing) {
      if (found?.startsWith(closing) && line.trim() === found) closing = ''
      continue
    }
    if (found) closing = found
    else cost += marksIn(line)
    fences &&= !notCode.test(line)
  }
  return cost
}
