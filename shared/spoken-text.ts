/** A reply as it is heard: its words without their marks, in pieces that a voice takes at a time. Pure. */

/** UTF-16 units of words that are read aloud at most: about an hour and a half. */
export const mostSpokenUnits = 80_000

/** The first piece is short, so that something is heard soon; speech models take some 4,000 characters at a time. */
const forModels = { first: 300, rest: 1500 }

const fence = /^\s{0,8}(```|~~~)/
const isRule = (line: string) => /^[\s:|=*_-]+$/.test(line)

/** The words of one line. Every repetition is bounded: a model may write anything. */
const spokenLine = (line: string): string => line
  .replace(/^[\s>]{0,20}(#{1,6}|[-*+]|\d{1,9}[.)])\s+/, '')
  .replace(/\$\$[^$]{1,2000}\$\$/g, ' (formula) ')
  .replace(/!?\[([^\]]{0,200})\]\([^)]{0,2000}\)/g, '$1')
  .replace(/https?:\/\/[^\s)>]{1,2000}/g, '(link)')
  .replace(/\|/g, ', ')
  // A name such as MODEL_KEY is two words.
  .replace(/(?<=\w)_(?=\w)/g, ' ')
  .replace(/[*_~`<>]/g, '')
  .split(/\s/).filter(Boolean).join(' ')
  .replace(/^[, ]{1,20}|[, ]{1,20}$/g, '')

/** Markdown as it should be heard: no marks, no code, no addresses. */
export function spokenText(markdown: string): string {
  const lines: string[] = []
  let closes: string | null = null
  for (const line of markdown.split('\n')) {
    const mark: string | undefined = fence.exec(line)?.[1] ?? (line.trim() === '$$' ? '$$' : undefined)
    if (closes === null && mark) {
      lines.push(mark === '$$' ? '(formula)' : '(code)')
      closes = mark
    }
    else if (closes !== null) closes = mark === closes ? null : closes
    else if (!isRule(line)) lines.push(spokenLine(line))
  }
  return lines.filter(Boolean).join('\n')
}

/** Where a text of at most `most` units ends best: after a paragraph, a sentence, a word; never within a letter. */
export function endWithin(text: string, most: number): number {
  if (text.length <= most) return text.length
  const head = text.slice(0, most + 1)
  const ends = [/\n/g, /[.!?…]["'”’)\]]*\s|[。！？]/g, /[,;:–—，、；]\s?/g, /\s/g]
  for (const pattern of ends) {
    const last = [...head.matchAll(pattern)].at(-1)
    const end = last ? last.index + last[0].length : 0
    // A piece that is too short would make a pause where none belongs.
    if (end > most / 4) return Math.min(end, most)
  }
  const code = text.charCodeAt(most - 1)
  return code >= 0xD800 && code < 0xDC00 ? most - 1 : most
}

export const hasWords = (text: string): boolean => /[\p{L}\p{N}]/u.test(text)

/** The pieces of a text, in order; none for a text without words. The same text gives the same pieces. */
export function spokenPieces(markdown: string): string[] {
  const pieces: string[] = []
  let rest = spokenText(markdown)
  while (rest) {
    const end = endWithin(rest, pieces.length === 0 ? forModels.first : forModels.rest)
    const piece = rest.slice(0, end).trim()
    if (hasWords(piece)) pieces.push(piece)
    rest = rest.slice(end).trim()
  }
  return pieces
}
