/** What the queue's contract suites share: a queue under test, opened and emptied around each test. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { Database } from '../../db/database.ts'
import type { JobName } from '../../server/queue/job-types.ts'
import type { JobContext, JobHandlers, JobQueue } from '../../server/queue/queue.ts'
import { newId } from '../../shared/ids.ts'
import { collectLog, type CollectedLog } from '../support/log.ts'

export interface OpenOptions { workerId: string, log: CollectedLog, backOff?: (attempts: number) => number, abandonAfterMs?: number }

export interface QueueUnderTest {
  database: Database
  /** A queue of one more process; on SQLite there is one at a time. */
  open(options: OpenOptions): JobQueue
  /** Puts a row in as it stands, past every check. */
  addRaw(task: JobName, payload: unknown): Promise<void>
  /** How many job rows there are, and how many of them are locked. */
  count(): Promise<{ all: number, locked: number }>
  /** Removes every job. */
  empty(): Promise<void>
  remove(): Promise<void>
}

type Handle = (payload: { messageId: string }, context: JobContext) => Promise<void>

/** Handlers that do nothing but what is given. */
export const handlersWith = (writeReply: Handle, rest: Partial<JobHandlers> = {}): JobHandlers => ({
  'write-reply': writeReply,
  'name-conversation': async () => {},
  'process-media': async () => {},
  'speak-reply': async () => {},
  'delete-objects': async () => {},
  'sweep': async () => {},
  ...rest,
})

export const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))

export interface QueueBench {
  readonly on: QueueUnderTest
  readonly log: CollectedLog
  open(options?: Partial<OpenOptions>): JobQueue
  /** Adds a write-reply job in a transaction of its own and gives its message's id. */
  add(queue: JobQueue, messageId?: string, options?: Parameters<JobQueue['enqueue']>[3]): Promise<string>
}

export function benchFor(openUnderTest: () => Promise<QueueUnderTest>): QueueBench {
  let on: QueueUnderTest
  let opened: JobQueue[] = []
  let log: CollectedLog
  beforeAll(async () => { on = await openUnderTest() })
  afterAll(async () => { await on.remove() })
  beforeEach(() => { log = collectLog() })
  afterEach(async () => {
    await Promise.all(opened.map(queue => queue.close()))
    opened = []
    await on.empty()
  })
  const open = (options: Partial<OpenOptions> = {}) => {
    const queue = on.open({ workerId: newId(), log, backOff: () => 5, ...options })
    opened.push(queue)
    return queue
  }
  const add: QueueBench['add'] = (queue, messageId = newId(), options = {}) =>
    on.database.db.transaction(tx => queue.enqueue(tx, 'write-reply', { messageId }, options)).then(() => messageId)

  return { get on() { return on }, get log() { return log }, open, add }
}
