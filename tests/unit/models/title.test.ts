import { expect, test } from 'vitest'
import { cleanTitle, titleFromWords } from '../../../server/models/title.ts'

test.each([
  ['"Tides and the Moon."', 'Tides and the Moon'],
  ['Title: **Baking bread**\n\nIt fits.', 'Baking bread'],
  ['\n\n  « Le chat »  ', 'Le chat'],
  ['<think>hm\nhm</think>\nShort', 'Short'],
  ['What is love?', 'What is love?'],
  ['a'.repeat(80), `${'a'.repeat(59)}…`],
  ['The quick brown fox jumps over the lazy dog and then runs home to sleep', 'The quick brown fox jumps over the lazy dog and then runs…'],
  ['👋'.repeat(70), `${'👋'.repeat(59)}…`],
  ['', ''],
])('%o is cleaned to %o', (written, title) => {
  expect(cleanTitle(written)).toBe(title)
  expect([...title].length).toBeLessThanOrEqual(60)
})

test('a title from the user’s words begins with a capital and has eight words at most', () => {
  expect(titleFromWords('write a haiku\nand read it as a sound, please')).toBe('Write a haiku and read it as a')
  expect(titleFromWords('élan')).toBe('Élan')
})
