/** For work that must be done in the end: tries again while the database is away. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { AppError } from './errors.ts'

/** Runs `work` until it succeeds, up to a minute apart. Only a refusal of our own (AppError) ends it before. */
export async function withPatience<T>(log: Log, work: () => Promise<T>): Promise<T> {
  for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 60_000)) {
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
