import { afterEach, expect, test, vi } from 'vitest'
import { openLineHighlighter } from '../../../utils/highlight.ts'

afterEach(() => { vi.restoreAllMocks() })

test('the first line of code has its colours, however long a slow device takes to learn the language', async () => {
  const highlighter = await openLineHighlighter('ts')
  // A fifth of a second goes by each time somebody looks at the clock.
  let now = Date.now()
  vi.spyOn(Date, 'now').mockImplementation(() => now += 200)
  const [line = []] = highlighter?.update('const answer = await ask({ model })') ?? []
  const colourOf = (text: string) => line.find(token => token.text === text)?.style['--light']
  expect(line.length).toBeGreaterThan(5)
  expect(colourOf('answer')).not.toBe(colourOf('const'))
})
