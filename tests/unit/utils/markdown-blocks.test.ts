import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { markdownBlocks } from '../../../utils/markdown-blocks.ts'

const prose = 'A sentence that is here to be long enough. '.repeat(25)

describe('blocks of Markdown', () => {
  it('are cut where a paragraph, a heading or code begins, and leave short texts whole', () => {
    expect(markdownBlocks('one\n\ntwo')).toEqual(['one\n\ntwo'])
    const pieces = [`${prose}\n\n`, `# heading\n\n${prose}\n\n`, `\`\`\`js\nx\n\ny\n\`\`\`\n\n${prose}\n\n`, `**bold** ${prose}`]
    expect(markdownBlocks(pieces.join(''))).toEqual(pieces)
  })

  const whole: [what: string, between: string][] = [
    ['code', '```\n\ncode\n\n'], ['code in a list', '- ```\n\ncode\n\n'], ['longer code marks', '````\n\n```\n\ncode\n\n'], ['tildes', '~~~\n\n```\n\ncode\n\n'],
    ['a formula', '$$\n\nx\n\n'], ['a formula in brackets', '\\[\n\nx\n\n'], ['HTML', '<details>\n\ninside\n\n'], ['a comment', '<!--\n\ninside\n\n'], ['a container', '::: note\n\ninside\n\n'],
  ]
  it.each(whole)('are never cut within %s', (_, between) => {
    const text = `${between}${prose}\n\nparagraph\n\n${prose}`
    expect(markdownBlocks(text)).toEqual([text])
  })

  it('keep a list, a quote and indented text with what they go on from', () => {
    for (const line of ['- item', '* item', '+ item', '12. item', '3) item', '> quote', '    indented', '\ttabbed', '| cell |', ': definition', '---', '***', '- ']) {
      const text = `${prose}\n\n${line}\n\n${prose}`
      expect(markdownBlocks(text)[0]?.startsWith(`${prose}\n\n${line}`), line).toBe(true)
    }
  })

  it('are one where something is defined for the whole text', () => {
    for (const definition of ['[1]: https://example.org', '[^note]: said elsewhere', '> [x]: /y', '*[HTML]: a language']) {
      const text = `${prose}\n\nparagraph ${prose}\n\n${definition}\n`
      expect(markdownBlocks(text)).toEqual([text])
      expect(markdownBlocks(`${text}\n<br>\n\n${definition}\n`)).toHaveLength(1)
    }
  })

  it('are cut where they begin: what stands in one stays in it, letter by letter', () => {
    const text = [`${prose}\n\n`, `# heading\n\n${prose}\n\n`, `**bold** ${prose}\n\n`, `last`].join('')
    let drawn: string[] = []
    for (let letters = 1; letters <= text.length; letters++) {
      const blocks = markdownBlocks(text.slice(0, letters))
      // All but a mark that could still have begun a list.
      for (const [at, block] of drawn.entries()) expect(blocks[at]?.startsWith(block.replace(/[*\s]+$/, ''))).toBe(true)
      drawn = blocks
    }
    expect(drawn).toHaveLength(4)
  })

  it('joined are the text, and stay as they are while it grows', () => {
    const line = fc.constantFrom('', '', 'text', '# h', '- a', '  b', '1. c', '> q', '```', '~~~~', '$$', '| a |', `${prose}`, '**b**', '中文')
    fc.assert(fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
      const text = lines.join('\n')
      const blocks = markdownBlocks(text)
      expect(blocks.join('')).toBe(text)
      expect(markdownBlocks(`${text}\n\nmore`).slice(0, blocks.length - 1)).toEqual(blocks.slice(0, -1))
    }))
  })
})
