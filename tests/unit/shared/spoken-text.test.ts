import { describe, expect, it } from 'vitest'
import { spokenPieces, spokenText } from '../../../shared/spoken-text.ts'

describe('a reply as it is heard', () => {
  it('has its words and not its marks, code or addresses', () => {
    const markdown = '# Title\n\n- **One** [link](https://x.test/a(b)\n- `two`\n\n1. three\n\n```js\nsecret()\n```\n\n> said\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$$x^2$$ see https://y.test/z.'
    const text = spokenText(markdown)
    expect(text).not.toMatch(/[#*`|$]|secret|https?:/)
    for (const word of ['Title', 'One', 'link', 'two', 'three', '(code)', 'said', '(formula)', '(link)']) expect(text).toContain(word)
  })

  it('loses nothing to a fence that was never closed but what is in it', () => {
    expect(spokenText('Before.\n\n```\ncode')).toBe('Before.\n(code)')
  })

  it('comes in pieces that end with sentences, the first one short, and loses no word', () => {
    const sentence = 'This is a sentence of some words that goes on for a while. '
    const pieces = spokenPieces(sentence.repeat(200))
    expect(pieces[0]!.length).toBeLessThanOrEqual(300)
    expect(pieces.every(piece => piece.endsWith('.') && piece.length <= 1500)).toBe(true)
    expect(pieces.join(' ')).toBe(sentence.repeat(200).trim())
  })

  it('is cut within a word only where there is no other place, and never within a letter', () => {
    const letters = spokenPieces('𝒜'.repeat(2000))
    expect(letters.join('')).toBe('𝒜'.repeat(2000))
    expect(letters.every(piece => piece.isWellFormed())).toBe(true)
  })

  it('is nothing where there are no words', () => {
    expect(spokenPieces('---\n\n***\n\n![](x.png)')).toEqual([])
  })

  it('takes its time linearly, whatever a model writes', () => {
    const began = performance.now()
    for (const hostile of ['`'.repeat(100_000), '['.repeat(100_000), '|'.repeat(100_000), '```\n'.repeat(25_000), ' \n'.repeat(50_000), '$$'.repeat(50_000), '-'.repeat(100_000), '<https://'.repeat(11_000)]) spokenPieces(hostile)
    expect(performance.now() - began).toBeLessThan(3_000)
  })
})
