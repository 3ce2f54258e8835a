import { expect, it } from 'vitest'
import { loadPatiently } from '../../../utils/load-patiently.ts'

const failing = (times: number) => {
  const loads = { count: 0 }
  const load = async () => {
    if (++loads.count <= times) throw new Error('no connection')
    return 'the part'
  }
  return { loads, load }
}

it('a part that cannot be loaded at first is there later, for all who asked', async () => {
  const { loads, load } = failing(2)
  const get = loadPatiently(load, [1, 1, 1])
  expect(await Promise.all([get(), get()])).toEqual(['the part', 'the part'])
  expect(await get()).toBe('the part')
  expect(loads.count).toBe(3)
})

it('a part that is never there is given up, and asked for anew by the next', async () => {
  const { loads, load } = failing(3)
  const get = loadPatiently(load, [1])
  await expect(get()).rejects.toThrow('no connection')
  expect(await get()).toBe('the part')
  expect(loads.count).toBe(4)
})
