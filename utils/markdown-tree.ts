/** Reads Markdown into a tree. Pure. */
import { getMarkdown, parseMarkdownToStructure } from 'stream-markdown-parser'

/** What is looked at of the parser's nodes, each kind of which has some of it. */
export interface MarkdownNode {
  type: string
  /** As it was written. */
  raw?: string
  content?: string
  text?: string
  children?: MarkdownNode[]
  /** It may go on: its end has not come yet. */
  loading?: boolean
  level?: number
  code?: string
  language?: string
  diff?: boolean
  href?: string
  src?: string
  alt?: string
  id?: string
  ordered?: boolean
  start?: number
  items?: MarkdownNode[]
  term?: MarkdownNode[]
  definition?: MarkdownNode[]
  header?: MarkdownNode | boolean
  rows?: MarkdownNode[]
  cells?: MarkdownNode[]
  align?: string
  title?: string | null
  checked?: boolean
}

// One for all: to make it takes as long as to read a page of text.
const parser = getMarkdown('parley')

/** The text's pieces. While it `grows`, what is half written at its end is taken for what it will probably be. */
export const readMarkdown = (text: string, grows: boolean): MarkdownNode[] => parseMarkdownToStructure(text, parser, { final: !grows, streamParse: false })
