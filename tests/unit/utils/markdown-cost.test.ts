import { expect, test } from 'vitest'
import { markdownBlocks } from '../../../utils/markdown-blocks.ts'
import { markdownCost, mostMarks } from '../../../utils/markdown-cost.ts'

const most = (text: string) => Math.max(...markdownBlocks(text).map(markdownCost))

test('what people and models write is drawn, by the server too', () => {
  const pieces = [
    '# A heading\n\nSome *words* with `code`, a [link](https://example.org/a_b) and $x^2$. '.repeat(3), '- **Name**: what it is, see [there](https://example.org)\n'.repeat(20),
    `| a | b | c |\n|---|---|---|\n${'| one | **two** | `three` |\n'.repeat(25)}`, '$$\n\\int_0^1 \\frac{x^2}{\\sqrt{1+x}}\\,dx = \\sum_{k=0}^{n} a_k\n$$',
  ]
  expect(most(pieces.flatMap(piece => [piece, 'A paragraph that says something. '.repeat(30)]).join('\n\n'))).toBeLessThan(mostMarks.server)
})

test('a long program, and a long text without marks, cost nothing', () => {
  expect(markdownCost('```js\nconst a = { b: [`c`], d: [[1], [2]] }\n'.padEnd(100_000, 'x[y] = "*";\n') + '\n```\nEnd.')).toBe(0)
  expect(markdownCost('Words, and more words; nothing else. '.repeat(5000))).toBe(0)
})

test('a table of hundreds of rows and a list of hundreds of links are drawn by the browser', () => {
  expect(markdownCost(`| a | b | c | d |\n|---|---|---|---|\n${'| 1 | 2 | 3 | 4 |\n'.repeat(1000)}`)).toBeLessThan(mostMarks.browser)
  expect(markdownCost('- [a name](https://example.org/a)\n'.repeat(800))).toBeLessThan(mostMarks.browser)
})

test.each([
  ['brackets', '['], ['links', 'https://a.example/ '], ['pictures', '![a]('], ['emphasis', '*a **b '], ['formulas', '$x^2$ '], ['tags', '<a '], ['containers', '::: a\n'], ['backslashes', '\\'],
  ['backticks', '` '], ['notes', '[^1] '], ['entities', '&amp;'], ['quotes', '>'],
])('%s without end are not drawn at all', (_, piece) => {
  expect(markdownCost(piece.repeat(6000))).toBeGreaterThan(mostMarks.browser)
})

test.each(['<div>\n```\n', '::: a\n```\n', '$$\n```\n', '\\[\n~~~\n', 'x\n    ```\n', '``` a`b\n', '- ```\n'])('what only looks like code counts: %j', (before) => {
  expect(markdownCost(before + '['.repeat(6000))).toBeGreaterThan(mostMarks.browser)
})

test('code ends where its fence says', () => {
  expect(markdownCost('````\n```\n[[[\n````\n[[')).toBe(2)
  expect(markdownCost('```\n~~~\n[[[\n``` x\n[[[\n```\n[')).toBe(1)
})
