/** For work that must be done in the end: tries again while the database, or the media store, is away. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { AppError } from './errors.ts'

/** Once it is back, what waited for it goes on within this time. */
const longestPauseMs = 2_000

/** Runs `work` until it succeeds. Only a refusal of our own (AppError) ends it before. */
export async function withPatience<T>(log: Log, work: () => Promise<T>): Promise<T> {
  for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, longestPauseMs)) {
    try {
      return await work()
    }
    catch (error) {
      if (error instanceof AppError) throw error
      log.warn({ err: error, delayMs }, 'the database did not take it; trying again')
      await wait(delayMs)
    }
  }
}

/** Runs `work` again while it finds the media store away, for `forMs` at most. Everything else it throws ends it, and so does the signal. */
export async function withStorePatience<T>(log: Log, { signal, forMs }: { signal: AbortSignal, forMs: number }, work: () => Promise<T>): Promise<T> {
  const until = Date.now() + forMs
  for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, longestPauseMs)) {
    try {
      return await work()
    }
    catch (error) {
      if (!(error instanceof AppError && error.code === 'store_unreachable') || Date.now() > until) throw error
      if (delayMs === 100) log.warn({ err: error }, 'the file store is away; waiting for it')
    }
    await wait(delayMs, undefined, { signal })
  }
}
