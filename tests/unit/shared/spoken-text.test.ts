import { describe, expect, it } from 'vitest'
import { spokenPieces, spokenText } from '../../../shared/spoken-text.ts'

describe('a reply as it is heard', () => {
  it('has its words and not its marks, code or addresses', () => {
    const markdown = '# Title\n\n- **One** [link](https://x.test/a(b)\n- `two`\n\n1. three\n\n```js\nsecret()\n```\n\n> said\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$$x^2$$ see https://y.test/z.'
    const text = spokenText(markdown)
    expect(text).not.toMatch(/[#*`|$]|secret|https?:/)
    for (const word of ['Title', 'One', 'link', 'two', 'three', '(code)', 'said', '(formula)', '(link)']) expect(text).toContain(word)
  })

  it('says a name of several words as words', () => {
    expect(spokenText('Set `MODEL_KEY` and _go_.')).toBe('Set MODEL KEY and go.')
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

  it('costs four times as much for four times as much, whatever a model writes', () => {
    const costOf = (length: number) => {
      const before = process.cpuUsage()
      for (const hostile of ['`', '[', '|', '```\n', ' \n', '$$', '-', '<https://', '[a](']) spokenPieces(hostile.repeat(length / hostile.length))
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    costOf(6_000)
    // What grows with the square costs sixteen times as much.
    expect(costOf(24_000) / costOf(6_000)).toBeLessThan(10)
  }, 30_000)
})
