import { z } from 'zod'
import { Id } from '../../shared/ids.ts'

/** What one `delete-objects` takes: it begins anew when it fails, and has ten minutes. */
export const mostPrefixes = 1000

/** Tries of work that a person waits for. The job has more: who dies at the last try can't tell that it was, so the next one does. */
export const mostTries = 3

/**
 * Every job there is: its payload, how often it is tried, how long it may take, and how long after failing it is
 * tried again. A job is a nudge: the truth is in the rows it works on, so running one twice is harmless.
 */
export const jobTypes = {
  /** Retries of the model call are the reply's own (server/domain/replies.ts); these attempts are for faults around it. */
  'write-reply': { payload: z.strictObject({ messageId: Id }), attempts: 5, deadlineMs: 60 * 60_000 },
  'name-conversation': { payload: z.strictObject({ conversationId: Id }), attempts: 3, deadlineMs: 60_000 },
  'process-media': { payload: z.strictObject({ mediaId: Id }), attempts: 10 * mostTries, deadlineMs: 30 * 60_000 },
  /** What was made of a reading stays when it is tried again. */
  'speak-reply': { payload: z.strictObject({ mediaId: Id }), attempts: 10 * mostTries, deadlineMs: 60 * 60_000 },
  /** Tried until done: a day of back-off, then the orphan sweep finds what is left. */
  'delete-objects': { payload: z.strictObject({ prefixes: z.array(z.string().min(1)).max(mostPrefixes) }), attempts: 30, deadlineMs: 10 * 60_000 },
  'sweep': { payload: z.strictObject({ what: z.enum(['often', 'daily']) }), attempts: 1, deadlineMs: 10 * 60_000 },
} as const

export type JobName = keyof typeof jobTypes
export type JobPayload<N extends JobName> = z.infer<(typeof jobTypes)[N]['payload']>

/** Milliseconds to wait after the `attempts`-th failure: 1 s, 3 s, 9 s … one hour at most. */
export const backOffMs = (attempts: number): number => Math.min(3_600_000, 1000 * 3 ** (attempts - 1))

/**
 * Scheduled jobs, in cron's five fields (UTC); each runs once per period however many workers there are. A run that
 * was missed while no worker lived is made up for, once, if it is no older than `catchUpMs`.
 */
export const schedule: readonly { id: string, match: string, name: JobName, payload: JobPayload<'sweep'>, catchUpMs: number }[] = [
  { id: 'sweep-often', match: '* * * * *', name: 'sweep', payload: { what: 'often' }, catchUpMs: 0 },
  { id: 'sweep-daily', match: '17 3 * * *', name: 'sweep', payload: { what: 'daily' }, catchUpMs: 86_400_000 },
]
