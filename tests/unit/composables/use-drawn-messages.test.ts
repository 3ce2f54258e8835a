import { describe, expect, it } from 'vitest'
import { ref } from 'vue'
import { useDrawnMessages } from '../../../composables/useDrawnMessages.ts'
import type { MessageView } from '../../../shared/conversation.ts'

const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => ({ id: `${from + at}` }) as MessageView)
const open = (from: number, to: number) => {
  const messages = ref(numbered(from, to))
  const window = useDrawnMessages(() => messages.value)
  const range = () => `${window.drawn.value[0]?.id}-${window.drawn.value.at(-1)?.id}`
  return { messages, range, ...window }
}

describe('the messages that are drawn', () => {
  it('are the newest, also when more come and older ones are loaded', () => {
    const { messages, range, above, below } = open(50, 100)
    expect([range(), above.value, below.value]).toEqual(['50-99', false, false])
    messages.value = numbered(50, 120)
    expect([range(), above.value]).toEqual(['60-119', true])
    messages.value = numbered(0, 120)
    expect(range()).toEqual('60-119')
  })

  it('stay where they are, if that is asked, when those after a piece come', () => {
    const { messages, range, keep, down, below } = open(50, 100)
    keep()
    messages.value = numbered(50, 150)
    expect([range(), below.value]).toEqual(['50-99', true])
    down()
    expect(range()).toBe('50-129')
  })

  it('move up and down in steps, never more than a hundred and twenty', () => {
    const { range, up, down, drawn, above, below } = open(0, 1000)
    const seen: string[] = []
    while (up()) {
      seen.push(range())
      expect(drawn.value.length).toBeLessThanOrEqual(120)
    }
    expect(seen.slice(0, 4)).toEqual(['910-999', '880-999', '850-969', '820-939'])
    expect([range(), above.value, below.value, up()]).toEqual(['0-119', false, true, false])
    while (down()) expect(drawn.value.length).toBeLessThanOrEqual(120)
    expect([range(), below.value]).toEqual(['880-999', false])
  })

  it('keep what is read when new ones come, and go to a place or the end at once', () => {
    const { messages, range, up, around, toEnd } = open(0, 1000)
    for (let i = 0; i < 10; i++) up()
    const before = range()
    messages.value = [...numbered(-50, 0), ...numbered(0, 1010)]
    expect(range()).toBe(before)
    around('500')
    expect(range()).toBe('470-529')
    around('480')
    expect(range()).toBe('470-529')
    around('5')
    expect(range()).toBe('-25-34')
    around('nowhere')
    expect(range()).toBe('-25-34')
    toEnd()
    expect(range()).toBe('950-1009')
  })
})
