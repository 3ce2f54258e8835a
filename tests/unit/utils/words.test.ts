import { describe, expect, it } from 'vitest'
import { findProblem, sentenceFor } from '../../../utils/problems.ts'
import { piecesOf, sayAgo, sayBytes, sayDevice } from '../../../utils/words.ts'

describe('a marked text', () => {
  it('falls into pieces that joined are the text', () => {
    expect(piecesOf('a café, cafés', [[2, 6], [8, 12]])).toEqual([{ text: 'a ', marked: false }, { text: 'café', marked: true }, { text: ', ', marked: false }, { text: 'café', marked: true }, { text: 's', marked: false }])
    expect(piecesOf('all', [[0, 3]])).toEqual([{ text: 'all', marked: true }])
    expect(piecesOf('none', [])).toEqual([{ text: 'none', marked: false }])
  })
})

describe('words for numbers', () => {
  it('says bytes in steps people know', () => {
    expect([0, 999, 1_000, 1_449_000, 99_960_000, 2_000_000_000].map(sayBytes)).toEqual(['0 bytes', '999 bytes', '1.0 kB', '1.4 MB', '100 MB', '2.0 GB'])
  })

  it('says how long ago', () => {
    const now = 10 * 86_400_000
    expect([0, 90, 7_200, 86_400].map(seconds => sayAgo(now - seconds * 1000, now))).toEqual(['just now', '1 minute ago', '2 hours ago', 'yesterday'])
  })

  it('recognises a device well enough', () => {
    expect(sayDevice('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36')).toBe('Chrome on Linux')
    expect(sayDevice(null)).toBe('Unknown device')
  })
})

describe('sentences for what went wrong', () => {
  it('finds our own answer within a fetch error', () => {
    const error = Object.assign(new Error('409'), { statusCode: 409, data: { error: { code: 'username_taken', message: 'That username is taken.', field: 'username' } } })
    expect(findProblem(error)).toMatchObject({ code: 'username_taken', field: 'username' })
    expect(sentenceFor(error)).toBe('That username is taken.')
  })

  it('has a sentence for everything else', () => {
    expect(sentenceFor(new TypeError('fetch failed'))).toMatch(/could not be reached/)
    expect(sentenceFor({ statusCode: 500 })).toMatch(/our side/)
  })
})
