import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { jobTypes } from '../../../server/queue/job-types.ts'
import { HandedBack, type JobHandlers } from '../../../server/queue/queue.ts'
import { Runs, type Outcome, type TakenJob } from '../../../server/queue/runs.ts'
import { newId } from '../../../shared/ids.ts'
import { collectLog } from '../../support/log.ts'

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

const { deadlineMs } = jobTypes['name-conversation']

function runsOf(handler: JobHandlers['name-conversation']) {
  const outcomes: Outcome[] = []
  const log = collectLog()
  const unused = async () => { throw new Error('not called') }
  const runs = new Runs<TakenJob>({
    handlers: { 'name-conversation': handler, 'write-reply': unused, 'process-media': unused, 'speak-reply': unused, 'delete-objects': unused, 'sweep': unused },
    log,
    settle: async (_, outcome) => { outcomes.push(outcome) },
    abandonAfterMs: 1000,
  })
  const job = (attempt = 1): TakenJob => ({ id: newId(), task: 'name-conversation', payload: { conversationId: newId() }, attempt, maxAttempts: 3 })
  return { runs, job, outcomes, log }
}

describe('a job past its deadline', () => {
  test('is told by its signal, and has failed whatever it throws', async () => {
    let reason: unknown
    const { runs, job, outcomes } = runsOf((_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => {
      reason = signal.reason
      reject(new HandedBack())
    })))
    const run = runs.run(job())
    await vi.advanceTimersByTimeAsync(deadlineMs - 1)
    expect(outcomes).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    await run
    expect(reason).toMatchObject({ name: 'TimeoutError' })
    expect(outcomes).toEqual([{ kind: 'failed', error: 'JobEnded: The job took longer than it may.', dead: false }])
  })

  test('is left alone when it does not listen, and its late end changes nothing', async () => {
    let finish = () => {}
    const { runs, job, outcomes, log } = runsOf(() => new Promise((resolve) => { finish = resolve }))
    const run = runs.run(job(3))
    await vi.advanceTimersByTimeAsync(deadlineMs + 1000)
    await run
    expect(outcomes).toEqual([{ kind: 'failed', error: 'JobEnded: The job took longer than it may.', dead: true }])
    expect(log.said('a job went on after it was told to end; it is left alone')).toHaveLength(1)
    finish()
    await vi.advanceTimersByTimeAsync(1)
    expect(outcomes).toHaveLength(1)
    expect(runs.size).toBe(0)
  })
})

test('a job that ends well leaves no timer behind', async () => {
  const { runs, job, outcomes } = runsOf(async () => {})
  await runs.run(job())
  expect(outcomes).toEqual([{ kind: 'done' }])
  expect(vi.getTimerCount()).toBe(0)
})

test('a job that ended well although it was told to stop is done', async () => {
  const { runs, job, outcomes } = runsOf((_, { signal }) => new Promise(resolve => signal.addEventListener('abort', () => resolve())))
  const run = runs.run(job())
  const drained = runs.drain(0)
  await vi.advanceTimersByTimeAsync(1)
  await drained
  await run
  expect(outcomes).toEqual([{ kind: 'done' }])
})

test('what is taken after a drain began is handed back unrun', async () => {
  let calls = 0
  const { runs, job, outcomes } = runsOf(async () => { calls++ })
  await runs.drain(0)
  await runs.run(job())
  expect(outcomes).toEqual([{ kind: 'handed-back' }])
  expect(calls).toBe(0)
  expect(runs.finished).toBe(0)
})

test('an outcome that cannot be written is logged, and the place is free again', async () => {
  const log = collectLog()
  const ok = async () => {}
  const runs = new Runs<TakenJob>({
    handlers: { 'name-conversation': ok, 'write-reply': ok, 'process-media': ok, 'speak-reply': ok, 'delete-objects': ok, 'sweep': ok },
    log,
    settle: async () => { throw new Error('away') },
  })
  await runs.run({ id: '1', task: 'sweep', payload: { what: 'often' }, attempt: 1, maxAttempts: 1 })
  expect(runs.size).toBe(0)
  expect(log.said('the outcome of a job could not be written')).toHaveLength(1)
})
