/** What is said between the page and the thread that colours code for it, and what that thread does. */
import { type LineHighlighter, openLineHighlighter, type Token } from './highlight.ts'

export interface ColourRequest {
  /** A number the page gave a block of code for as long as its language stays. */
  block: number
  language: string
  /** Null: the block is gone. */
  code: string | null
}
export interface ColouredLine { text: string, tokens: Token[] }
export interface ColourAnswer {
  block: number
  /** Lines before this one are as told before. */
  from: number
  lines: ColouredLine[]
}

interface Block { highlighter: Promise<LineHighlighter | null>, told: Token[][] }
const blocks = new Map<number, Block>()

/** Colours what is new of a block; nothing of it when its language isn't known or can't be had. */
export async function colourCode({ block, language, code }: ColourRequest): Promise<ColourAnswer> {
  if (code === null) {
    blocks.delete(block)
    return { block, from: 0, lines: [] }
  }
  const known = blocks.get(block) ?? { highlighter: openLineHighlighter(language).catch(() => null), told: [] }
  blocks.set(block, known)
  const lines = (await known.highlighter)?.update(code) ?? []
  let from = 0
  while (from < lines.length && lines[from] === known.told[from]) from++
  known.told = lines
  return { block, from, lines: lines.slice(from).map(tokens => ({ text: tokens.map(token => token.text).join(''), tokens })) }
}
