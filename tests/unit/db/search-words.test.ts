import { describe, expect, it } from 'vitest'
import { fold, makeExcerpt, searchable, termsOf, wordsOf } from '../../../db/search-words.ts'

describe('words of a search', () => {
  it('are lower case, whole, once each, and not without end', () => {
    expect(wordsOf(' Foo-bar  "FOO" _x_ ')).toEqual(['foo', 'bar', 'x'])
    expect(wordsOf('\u0041\u030Arhus')).toEqual(['arhus'])
    expect(wordsOf(Array.from({ length: 50 }, (_, i) => `w${i}`).join(' '))).toHaveLength(12)
    expect(wordsOf('a'.repeat(5000))[0]).toHaveLength(100)
  })
})

describe('a text as it is indexed', () => {
  it('has Latin letters without their accents, however they are written, and other letters as they are', () => {
    expect(fold('Café CAFE\u0301 Ǘ İ Việt ø ß é è й')).toBe('cafe cafe u i viet ø ß e e й')
  })

  it('has each character and each pair of a script without spaces', () => {
    expect(searchable('東京都 x').split(/\s+/).filter(Boolean)).toEqual(['東', '京', '都', '東京', '京都', 'x'])
    expect(searchable('iPhone手机')).toBe('iphone 手 机 手机 ')
  })

  it('is asked for by pairs, and by beginnings where words have an end', () => {
    expect(termsOf(wordsOf('東京都 caf'))).toEqual([{ text: '東京', unfinished: false }, { text: '京都', unfinished: false }, { text: 'caf', unfinished: true }])
    expect(termsOf(wordsOf('caf 東'))).toEqual([{ text: 'caf', unfinished: false }, { text: '東', unfinished: false }])
    expect(termsOf(['x'])).toEqual([{ text: 'x', unfinished: false }])
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

  it('marks accents with the letters they stand on, and pieces of a run without spaces', () => {
    const marked = (text: string, asked: string) => makeExcerpt(text, wordsOf(asked)).marks.map(([start, end]) => text.slice(start, end))
    expect(marked('Cafe\u0301s, cafés and caf', 'café')).toEqual(['Cafe\u0301', 'café'])
    expect(marked('İstanbul', 'ist')).toEqual(['İst'])
    expect(marked('新宿は東京都にある。東京', '東京')).toEqual(['東京', '東京'])
    expect(marked('iPhone手机壳', '手机')).toEqual(['手机'])
  })
})
