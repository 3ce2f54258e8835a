import { describe, expect, test } from 'vitest'
import { nextRun } from '../../../server/queue/cron.ts'

const next = (expression: string, after: string) => nextRun(expression, new Date(after)).toISOString().slice(0, 16)

describe('the next run of a cron expression', () => {
  test.each([
    ['* * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:01'],
    ['* * * * *', '2026-12-31T23:59:59.999Z', '2027-01-01T00:00'],
    ['17 3 * * *', '2026-01-01T03:16:59Z', '2026-01-01T03:17'],
    ['17 3 * * *', '2026-01-01T03:17:00Z', '2026-01-02T03:17'],
    ['*/15 * * * *', '2026-01-01T10:46:00Z', '2026-01-01T11:00'],
    ['5/20 * * * *', '2026-01-01T10:26:00Z', '2026-01-01T10:45'],
    ['0 9-17/4 * * 1-5', '2026-01-02T17:30:00Z', '2026-01-05T09:00'],
    ['0 0 29 2 *', '2026-03-01T00:00:00Z', '2028-02-29T00:00'],
    ['30 6 1,15 * *', '2026-01-02T00:00:00Z', '2026-01-15T06:30'],
    // Day of month and day of week both limited: either will do.
    ['0 0 13 * 5', '2026-01-03T00:00:00Z', '2026-01-09T00:00'],
  ])('%s after %s is %s', (expression, after, expected) => {
    expect(next(expression, after)).toBe(expected)
  })

  test.each(['', '* * * *', '60 * * * *', '* 24 * * *', '5-3 * * * *', '*/0 * * * *', 'a * * * *', '1- * * * *', '0 0 31 2 *'])('%s is refused', (expression) => {
    expect(() => nextRun(expression, new Date())).toThrow()
  })
})
