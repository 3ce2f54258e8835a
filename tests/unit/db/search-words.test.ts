import { describe, expect, it } from 'vitest'
import { makeExcerpt, wordsOf } from '../../../db/search-words.ts'

describe('words of a search', () => {
  it('are lower case, whole, once each, and not without end', () => {
    expect(wordsOf(' Foo-bar  "FOO" _x_ ')).toEqual(['foo', 'bar', 'x'])
    expect(wordsOf('\u0041\u030Arhus')).toEqual(['århus'])
    expect(wordsOf(Array.from({ length: 50 }, (_, i) => `w${i}`).join(' '))).toHaveLength(12)
    expect(wordsOf('a'.repeat(5000))[0]).toHaveLength(100)
  })
})

describe('an excerpt', () => {
  it('is the whole of a short text in one line', () => {
    expect(makeExcerpt('one\n\ntwo', ['two'])).toEqual({ excerpt: 'one two', marks: [[4, 7]] })
  })

  it('shows the beginning when no word is there, as with a word that only the database sees', () => {
    expect(makeExcerpt(`begin ${'x '.repeat(500)}`, ['nowhere']).excerpt).toMatch(/^begin x .*…$/)
  })

  it('never cuts an emoji in half', () => {
    for (let shift = 0; shift < 4; shift++) {
      const { excerpt } = makeExcerpt(`${' '.repeat(shift)}${'👍'.repeat(200)} word ${'👍'.repeat(200)}`, ['word'])
      expect(excerpt).toMatch(/^…?(👍+ )?word 👍+…?$/u)
    }
  })

  it('marks the beginnings of words only, the longest that fits', () => {
    expect(makeExcerpt('scatter cat category', ['cat', 'categ']).marks).toEqual([[8, 11], [12, 17]])
  })
})
