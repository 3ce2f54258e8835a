/**
 * Cuts Markdown into pieces that mean the same drawn one by one as together, so that a text that grows is drawn anew at
 * its end only. Pure. It cuts before a line that, whatever stands above, begins something new: one without indent, after a
 * blank line, that neither goes on with a list, a quote or a table nor stands in code, a formula or HTML.
 */

/** Shorter pieces would cost more in components than they save. */
const shortest = 800

const goesOn = /^(?:\s|$|[-+*]\s|[-+*]$|\d{1,9}(?:[.)]|$)|[|>:<=\\]|-{2,}|\*{2,}$|_{3,}|\[)/
/** Behind any marks of lists and quotes. */
const fence = /^(?:\s|[-+*>]\s|\d{1,9}[.)]\s)*(`{3,}|~{3,})(.*)$/
/** What is defined here is used anywhere, so nothing can be cut. */
const definition = /^[\s>*+-]{0,8}\*?\[[^\]]+\]:/
/** HTML and containers may go on over blank lines. */
const unbounded = /^\s*(?:<[a-z!?/]|:::)/i

/** What a line opens that only a certain line closes. */
function openedBy(line: string): ((line: string) => boolean) | null {
  const [, marks = '', info = ''] = fence.exec(line) ?? []
  if (marks && !(marks.startsWith('`') && info.includes('`'))) {
    const closing = new RegExp(`^[\\s>]*\\${marks.charAt(0)}{${marks.length},}\\s*$`)
    return later => closing.test(later)
  }
  const formula = /^[\s>]*(\$\$|\\\[)(.*)$/.exec(line)
  const end = formula?.[1] === '$$' ? '$$' : '\\]'
  return formula && !formula[2]?.includes(end) ? later => later.includes(end) : null
}

/** The lines with their places. */
function* linesOf(text: string): Generator<{ at: number, line: string }> {
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    yield { at, line: text.slice(at, end).replace(/\r$/, '') }
    at = end + 1
  }
}

/** The pieces in order; joined they are the text. What is cut off stays cut off while the text grows, but for the last few letters' sake. */
export function markdownBlocks(text: string): string[] {
  if (text.length <= shortest) return [text]
  const cuts = [0]
  let closes: ((line: string) => boolean) | null = null
  let afterBlank = false
  let bounded = true
  for (const { at, line } of linesOf(text)) {
    if (closes) {
      if (closes(line)) closes = null
    }
    else {
      if (definition.test(line)) return [text]
      bounded &&= !unbounded.test(line)
      if (bounded && afterBlank && at - (cuts.at(-1) ?? 0) >= shortest && !goesOn.test(line)) cuts.push(at)
      closes = openedBy(line)
    }
    afterBlank = line.trim() === ''
  }
  return cuts.map((from, piece) => text.slice(from, cuts[piece + 1]))
}
