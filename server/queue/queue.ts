/**
 * The queue seam. A job is added inside the transaction that makes its reason, or not at all; it runs at least once,
 * on one worker at a time, retried with `backOffMs` until `attempts` are used up. It promises no order.
 * Proved by tests/contract/queue.ts.
 */
import type { Tx } from '../../db/database.ts'
import type { JobName, JobPayload } from './job-types.ts'

export interface EnqueueOptions {
  /** A waiting job with the same key is replaced; a running one is left alone and this one is added. */
  key?: string
  /** Not before this moment. */
  runAt?: Date
  /** Lower runs first; 0 unless told. */
  priority?: number
}

export interface JobContext {
  /** Aborted when the deadline passes (with a DOMException named TimeoutError), or when the worker must stop now or has lost the job. */
  signal: AbortSignal
  /** From 1. */
  attempt: number
}

export type JobHandlers = { [N in JobName]: (payload: JobPayload<N>, context: JobContext) => Promise<void> }

export interface QueueStatus {
  /** Jobs that could run now, and the age in milliseconds of the oldest of them. */
  ready: number
  oldestMs: number
  running: number
  /** Jobs that used up their attempts. */
  dead: number
}

/** Thrown by a handler that was interrupted through no fault of the job: it is tried again at once and no attempt is counted. */
export class HandedBack extends Error {}

export interface JobQueue {
  enqueue<N extends JobName>(tx: Tx, name: N, payload: JobPayload<N>, options?: EnqueueOptions): Promise<void>
  /** Starts taking jobs (and the schedule). Resolves once this process counts as living. */
  work(handlers: JobHandlers, options: { concurrency: number }): Promise<void>
  /** Runs what is ready, what the dead left included, no longer than `budgetMs`, then hands back what is unfinished: for a function that is called by cron. */
  runOnce(handlers: JobHandlers, options: { concurrency: number, budgetMs: number }): Promise<{ ran: number }>
  /** Takes no more jobs; after `graceMs` aborts those that still run, and resolves when every one is accounted for. A job that was aborted is handed back, whatever its handler throws. */
  drain(graceMs: number): Promise<void>
  /** Ids of the processes that work now (their `workerId`); null when it can't be told just now, so nobody may be declared dead. */
  livingWorkers(): Promise<ReadonlySet<string> | null>
  status(): Promise<QueueStatus>
  close(): Promise<void>
}
