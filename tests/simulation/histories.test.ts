import { expect, test } from 'vitest'
import { simulate, type Faults } from './history.ts'

const rough: Faults = { lose: 0.1, double: 0.1, reorder: 0.2, cut: 0.02, kill: 0.01 }
const calm: Faults = { lose: 0, double: 0, reorder: 0, cut: 0, kill: 0 }

test('in 2,000 rough histories every client shows at each moment what was written up to its cursor, and ends with all of it', () => {
  let epochs = 0
  for (let seed = 1; seed <= 2000; seed++) {
    const { truth, clients, epochs: takes, wrong } = simulate(seed, rough)
    expect(wrong, `seed ${seed}`).toEqual([])
    epochs += takes
    for (const client of clients) expect({ seed, status: client?.status, content: client?.content, parts: client?.parts }).toEqual({ seed, status: 'done', content: truth.content, parts: truth.parts })
  }
  // The histories were rough indeed: writers died in them.
  expect(epochs).toBeGreaterThan(4000)
})

test('without faults the text a client sees only ever grows', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const { seen } = simulate(seed, calm)
    for (const [index, text] of seen.entries()) expect(text.startsWith(seen[index - 1] ?? ''), `seed ${seed}, step ${index}`).toBe(true)
  }
})
