/** Words of a search, and the piece of a text that shows them. Pure. */

/** More would not narrow a search any further. */
const maxWords = 12
const maxWordLength = 100
const excerptLength = 160

/** What both databases take for a word: letters, digits and the marks on them. */
const word = /[\p{L}\p{N}\p{M}\p{Co}]+/gu

/** The words of what a person typed, in lower case. */
export const wordsOf = (text: string): string[] =>
  [...new Set((text.normalize('NFC').toLowerCase().match(word) ?? []).slice(0, maxWords).map(found => found.slice(0, maxWordLength)))]

/** Half a surrogate pair at either end of a cut. */
const halves = /^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g

export interface Excerpt { excerpt: string, marks: [number, number][] }

/** About a line of `text` around the first place where one of the words begins a word, in one line, and where the words stand in it. */
export function makeExcerpt(text: string, words: readonly string[]): Excerpt {
  const first = marksIn(text.slice(0, 100_000), words, 1)[0]?.[0] ?? 0
  const begin = Math.max(0, first - excerptLength / 4)
  // From a word's beginning, unless there is none near.
  const from = begin === 0 ? 0 : begin + Math.max(0, text.slice(begin, first).search(/\s/))
  const cut = text.slice(from, from + excerptLength).replace(halves, '').replace(/\s+/g, ' ').trim()
  const excerpt = `${from > 0 ? '…' : ''}${cut}${from + excerptLength < text.length ? '…' : ''}`
  return { excerpt, marks: marksIn(excerpt, words, 50) }
}

function marksIn(text: string, words: readonly string[], most: number): [number, number][] {
  const marks: [number, number][] = []
  for (const found of text.matchAll(word)) {
    const folded = found[0].toLowerCase()
    const begins = words.filter(wanted => folded.startsWith(wanted))
    if (begins.length === 0) continue
    marks.push([found.index, found.index + Math.min(found[0].length, Math.max(...begins.map(wanted => wanted.length)))])
    if (marks.length >= most) break
  }
  return marks
}
