/** A reply that is heard while it is still being written: its finished sentences, in order. Pure. */
import { endWithin, hasWords, spokenText } from '../shared/spoken-text.ts'

export interface Growing {
  now(): { text: string, whole: boolean }
  /** Resolves when there may be more; rejects with the signal's reason. */
  changed(signal: AbortSignal): Promise<void>
}

export const wholeText = (text: string): Growing => ({ now: () => ({ text, whole: true }), changed: () => Promise.resolve() })

/** Browsers go silent in the middle of long utterances. */
const pieceUnits = 220
/** An end that comes sooner is more likely one of an abbreviation or a number. */
const leastSentence = 24
/** What a later letter of the same line may still turn into something that is said otherwise: a link, code, a formula, a table. */
const undecided = /[[|$`<~]/

/** What of an unfinished text will be said just so, whatever follows: whole lines, and sentences of the last one. */
export function settledText(text: string): string {
  const lineAt = text.lastIndexOf('\n') + 1
  const line = text.slice(lineAt)
  const last = [...line.matchAll(/[.!?…]["'”’)]*\s|[。！？]/g)].at(-1)
  const end = last ? last.index + last[0].length : 0
  return text.slice(0, lineAt) + (end >= leastSentence && !undecided.test(line.slice(0, end)) ? line.slice(0, end) : '')
}

/** Something of it can be said already. */
export const hasSentence = (text: string): boolean => hasWords(spokenText(settledText(text)))

/** The pieces a voice takes, each as soon as it is settled. A text that begins anew as another one is said from its beginning. */
export async function* piecesAsWritten({ now, changed }: Growing, signal: AbortSignal): AsyncGenerator<string> {
  let said = ''
  for (;;) {
    const { text, whole } = now()
    const words = spokenText(whole ? text : settledText(text))
    if (!words.startsWith(said) && !said.startsWith(words)) said = ''
    const rest = words.slice(said.length)
    if (rest.trim()) {
      const piece = rest.slice(0, endWithin(rest, pieceUnits))
      said += piece
      if (hasWords(piece)) yield piece.trim()
    }
    else if (whole) return
    else await changed(signal)
  }
}
