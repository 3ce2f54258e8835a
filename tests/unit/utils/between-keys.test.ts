import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { betweenKeys } from '../../../utils/between-keys.ts'

const keys = new EventTarget()
beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('addEventListener', keys.addEventListener.bind(keys))
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => setTimeout(run, 16))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
const press = () => keys.dispatchEvent(new Event('keydown'))

test('work begins at once when nobody types, and behind the frame of the next key when somebody does', () => {
  vi.setSystemTime(0)
  const begun: string[] = []
  betweenKeys(() => begun.push('first'))
  expect(begun).toEqual(['first'])
  press()
  vi.advanceTimersByTime(100)
  betweenKeys(() => begun.push('second'))
  expect(begun).toEqual(['first'])
  press()
  expect(begun).toEqual(['first'])
  vi.advanceTimersByTime(17)
  expect(begun).toEqual(['first', 'second'])
  // It is not run twice.
  vi.advanceTimersByTime(5000)
  expect(begun).toEqual(['first', 'second'])
  betweenKeys(() => begun.push('third'))
  expect(begun).toEqual(['first', 'second', 'third'])
})

test('it waits for no key longer than a moment, and can be taken back', () => {
  press()
  vi.advanceTimersByTime(20)
  const begun: string[] = []
  betweenKeys(() => begun.push('one'))
  betweenKeys(() => begun.push('other'))()
  vi.advanceTimersByTime(299)
  expect(begun).toEqual([])
  vi.advanceTimersByTime(1)
  expect(begun).toEqual(['one'])
})
