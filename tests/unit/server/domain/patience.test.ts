import { expect, test } from 'vitest'
import { AppError } from '../../../../server/domain/errors.ts'
import { withPatience, withStorePatience } from '../../../../server/domain/patience.ts'
import { openLog } from '../../../../server/log.ts'

const log = openLog('silent')
const never = new AbortController().signal
const failing = (times: number, error: Error) => {
  const calls = { count: 0 }
  const work = async () => {
    if (++calls.count <= times) throw error
    return 'kept'
  }
  return { calls, work }
}

test('a store that is away is asked again until it is back', async () => {
  const { calls, work } = failing(3, new AppError('store_unreachable'))
  expect(await withStorePatience(log, { signal: never, forMs: 60_000 }, work)).toBe('kept')
  expect(calls.count).toBe(4)
})

test('what is not the store’s absence is told at once, and so is an absence that lasts too long', async () => {
  const full = failing(1, new AppError('storage_full'))
  await expect(withStorePatience(log, { signal: never, forMs: 60_000 }, full.work)).rejects.toMatchObject({ code: 'storage_full' })
  const away = failing(Infinity, new AppError('store_unreachable'))
  await expect(withStorePatience(log, { signal: never, forMs: 150 }, away.work)).rejects.toMatchObject({ code: 'store_unreachable' })
  expect([full.calls.count, away.calls.count]).toEqual([1, 3])
})

test('a stop ends the waiting', async () => {
  const ending = new AbortController()
  const { work } = failing(Infinity, new AppError('store_unreachable'))
  const waiting = withStorePatience(log, { signal: ending.signal, forMs: 60_000 }, work)
  ending.abort()
  await expect(waiting).rejects.toThrow(/abort/i)
})

test('a database that is away is asked again; a refusal of ours ends that', async () => {
  expect(await withPatience(log, failing(2, new Error('connection refused')).work)).toBe('kept')
  await expect(withPatience(log, failing(1, new AppError('conversation_not_found')).work)).rejects.toMatchObject({ code: 'conversation_not_found' })
})
