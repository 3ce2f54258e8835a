/**
 * Words of a search, how a text is indexed, and the piece of a text that shows what was found. Pure. Postgres indexes by
 * `search_fold` of migrations `search_words` and `search_cost`, which says the same in SQL; SQLite calls `searchable`.
 */

/** More would not narrow a search any further. */
const maxWords = 12
const maxWordLength = 100
const excerptLength = 160

/** Scripts written without spaces between words: Thai, Lao, Myanmar, Khmer, Japanese, Chinese, Korean. */
export const spaceless = '\\u0E01-\\u0E3A\\u0E40-\\u0EFF\\u1000-\\u109F\\u1780-\\u17D3\\u3005-\\u3007\\u3041-\\u30FA\\u30FC-\\u30FF\\u3400-\\u4DBF\\u4E00-\\u9FFF\\uAC00-\\uD7A3\\uF900-\\uFAFF\\uFF66-\\uFF9F\\u{20000}-\\u{3FFFF}'
const letter = '\\p{L}\\p{N}\\p{M}\\p{Co}'
/** A run of one of these scripts, or a word as both databases take it: letters, digits and the marks on them. */
const run = new RegExp(`[${spaceless}]+|[[${letter}]--[${spaceless}]]+`, 'gv')
const spacelessRun = new RegExp(`[${spaceless}]+`, 'gu')
const isSpaceless = (text: string) => text.search(spacelessRun) >= 0

/** Accents, and Latin letters that may have one. */
const accents = /[\u0300-\u036F]/g
const latin = /[\u00C0-\u024F\u1E00-\u1EFF]/g
const bareLetter = (found: string): string => {
  const bare = found.normalize('NFD').replace(accents, '')
  return bare.length === 1 ? bare : found
}

/** Lower case, Latin letters without their accents. */
export const fold = (text: string): string => text.toLowerCase().replaceAll('ς', 'σ').replace(latin, bareLetter).replace(accents, '')

const pairsOf = (characters: readonly string[]): string[] => characters.slice(1).map((character, at) => (characters[at] ?? '') + character)

/** A text as it is indexed: folded, and of scripts without spaces each character and each pair of neighbours as a word. */
export const searchable = (text: string): string => fold(text).replace(spacelessRun, (found) => {
  const characters = [...found]
  return ` ${[...characters, ...pairsOf(characters)].join(' ')} `
})

/** The words of what a person typed, folded. A run of a script without spaces is one. */
export const wordsOf = (text: string): string[] =>
  [...new Set((fold(text.normalize('NFC')).match(run) ?? []).slice(0, maxWords).map(found => found.slice(0, maxWordLength).replace(halves, '')))]

export interface Term { text: string, /** Words that begin so are found, too. */ unfinished: boolean }

/** What the index is asked for, all of which an entry must have. The last word may be unfinished; of one Latin letter too many words begin. */
export const termsOf = (words: readonly string[]): Term[] => words.flatMap((word, at) => {
  const characters = [...word]
  if (isSpaceless(word)) return (characters.length === 1 ? characters : pairsOf(characters)).map(text => ({ text, unfinished: false }))
  return [{ text: word, unfinished: at === words.length - 1 && (word.length > 1 || word > '\u02FF') }]
})

/** Half a surrogate pair at either end of a cut. */
const halves = /^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g

export interface Excerpt { excerpt: string, marks: [number, number][] }

/** About a line of `text` around the first place where one of the words stands, in one line, and where the words stand in it. */
export function makeExcerpt(text: string, words: readonly string[]): Excerpt {
  const first = marksIn(text.slice(0, 100_000), words, 1)[0]?.[0] ?? 0
  const begin = Math.max(0, first - excerptLength / 4)
  // From a word's beginning, unless there is none near.
  const from = begin === 0 ? 0 : begin + Math.max(0, text.slice(begin, first).search(/\s/))
  const cut = text.slice(from, from + excerptLength).replace(halves, '').replace(/\s+/g, ' ').trim()
  const excerpt = `${from > 0 ? '…' : ''}${cut}${from + excerptLength < text.length ? '…' : ''}`
  return { excerpt, marks: marksIn(excerpt, words, 50) }
}

/** A word folded, and for each unit of that where it begins in the word; what an accent adds belongs to the letter before. */
function foldWord(word: string): { folded: string, begins: number[] } {
  let folded = ''
  const begins: number[] = []
  let at = 0
  for (const character of word) {
    const piece = fold(character)
    for (let unit = 0; unit < piece.length; unit++) begins.push(at)
    folded += piece
    at += character.length
  }
  return { folded, begins: [...begins, at] }
}

/** Where the wanted ones stand in a folded run: at its beginning, or in a script without spaces anywhere. The longest that fits. */
function standsIn(folded: string, words: readonly string[]): [number, number][] {
  if (!isSpaceless(folded)) {
    const longest = Math.max(0, ...words.filter(word => folded.startsWith(word)).map(word => word.length))
    return longest > 0 ? [[0, longest]] : []
  }
  const found: [number, number][] = []
  for (let at = 0; at < folded.length;) {
    const longest = Math.max(0, ...words.filter(word => folded.startsWith(word, at)).map(word => word.length))
    if (longest > 0) found.push([at, at + longest])
    at += Math.max(1, longest)
  }
  return found
}

function marksIn(text: string, words: readonly string[], most: number): [number, number][] {
  const marks: [number, number][] = []
  for (const found of text.matchAll(run)) {
    const { folded, begins } = foldWord(found[0])
    for (const [start, end] of standsIn(folded, words)) marks.push([found.index + (begins[start] ?? 0), found.index + (begins[end] ?? 0)])
    if (marks.length >= most) return marks.slice(0, most)
  }
  return marks
}
