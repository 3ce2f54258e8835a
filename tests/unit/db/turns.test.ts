import { describe, expect, it } from 'vitest'
import { makeTurns } from '../../../db/turns.ts'

describe('turns', () => {
  it('run at once when nobody is before, and give a plain value back', () => {
    const turns = makeTurns()
    expect(turns.take(() => 1)).toBe(1)
    expect(turns.take(() => 2)).toBe(2)
  })

  it('run one after the other, in order, whatever happens to those before', async () => {
    const turns = makeTurns()
    const seen: string[] = []
    const piece = (name: string, fails = false) => turns.take(async () => {
      seen.push(`${name} begins`)
      await Promise.resolve()
      seen.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    })
    const results = await Promise.allSettled([piece('a', true), piece('b'), turns.take(() => { throw new Error('c') }), piece('d')])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled'])
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'd begins', 'd ends'])
  })

  it('go on after work that throws at once', () => {
    const turns = makeTurns()
    expect(() => turns.take(() => { throw new Error('no') })).toThrow('no')
    expect(turns.take(() => 1)).toBe(1)
  })
})
