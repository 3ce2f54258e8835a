/** Rows of `job`, the queue of the zero-setup mode (server/queue/sqlite.ts). */
import { and, asc, count, eq, gte, inArray, isNotNull, isNull, lt, lte, min, ne, sql } from 'drizzle-orm'
import { newId } from '../../shared/ids.ts'
import { among, tablesOf, type Query } from '../database.ts'
import { everyColumn, prepared, value, wholeRow } from '../prepared.ts'

export interface NewJob {
  task: string
  payload: unknown
  key: string | null
  priority: number
  runAt: Date
  maxAttempts: number
}

const insertJob = prepared((q) => {
  const { job } = tablesOf(q)
  const { task, payload, priority, runAt, maxAttempts } = everyColumn(job)
  return q.insert(job).values(everyColumn(job)).onConflictDoUpdate({
    target: job.key, set: { task, payload, priority, runAt, maxAttempts, attempts: 0, lastError: null },
    setWhere: and(isNull(job.lockedBy), lt(job.attempts, job.maxAttempts)),
  }).returning({ id: job.id })
})

/** Adds a job. A waiting job with the same key is replaced; one that runs or is dead loses the key and is left alone. */
export async function addJob(q: Query, { task, payload, key, priority, runAt, maxAttempts }: NewJob): Promise<void> {
  const { job } = tablesOf(q)
  const add = () => insertJob(q, wholeRow(job, { id: newId(), task, payload, key, priority, runAt, maxAttempts }))
  if ((await add()).length > 0 || key === null) return
  await q.update(job).set({ key: null }).where(eq(job.key, key))
  await add()
}

const lockJobs = prepared((q) => {
  const { job } = tablesOf(q)
  const next = q.select({ id: job.id }).from(job)
    .where(and(isNull(job.lockedBy), lte(job.runAt, value('now')), lt(job.attempts, job.maxAttempts)))
    .orderBy(asc(job.priority), asc(job.runAt), asc(job.id)).limit(value('limit'))
  return q.update(job).set({ lockedBy: value('workerId'), lockedAt: value('now'), attempts: sql`${job.attempts} + 1` })
    .where(inArray(job.id, next)).returning()
})

/** Locks at most `limit` jobs whose turn it is and counts the attempt of each; in their order. */
export async function takeJobs(q: Query, workerId: string, now: Date, limit: number) {
  const taken = await lockJobs(q, { workerId, now, limit })
  return taken.sort((a, b) => a.priority - b.priority || a.runAt.getTime() - b.runAt.getTime() || (a.id < b.id ? -1 : 1))
}

/** Deletes jobs that are done. */
export const removeJobs = async (q: Query, ids: readonly string[], workerId: string): Promise<void> => void await deleteJobs(q, { ids: JSON.stringify(ids), workerId })

const deleteJobs = prepared((q) => {
  const { job } = tablesOf(q)
  return q.delete(job).where(and(among(q, job.id, value('ids')), eq(job.lockedBy, value('workerId'))))
})

/** Unlocks a job with what is to be known for its next run. */
export async function releaseJob(q: Query, id: string, workerId: string, change: { attempts: number, runAt?: Date, lastError?: string | null }): Promise<void> {
  const { job } = tablesOf(q)
  await q.update(job).set({ ...change, lockedBy: null, lockedAt: null }).where(and(eq(job.id, id), eq(job.lockedBy, workerId)))
}

/** Unlocks what other processes held: with one process to a file, they are gone. Their attempts stay counted. */
export async function unlockOthers(q: Query, workerId: string): Promise<string[]> {
  const { job } = tablesOf(q)
  const freed = await q.update(job).set({ lockedBy: null, lockedAt: null, lastError: 'The process that ran it died.' })
    .where(and(isNotNull(job.lockedBy), ne(job.lockedBy, workerId))).returning({ id: job.id })
  return freed.map(({ id }) => id)
}

/** When the earliest of the waiting jobs is due, which may be past; null when none waits. */
export const nextJobAt = async (q: Query): Promise<Date | null> => (await earliestJob(q, {}))[0]?.runAt ?? null

const earliestJob = prepared((q) => {
  const { job } = tablesOf(q)
  return q.select({ runAt: job.runAt }).from(job).where(and(isNull(job.lockedBy), lt(job.attempts, job.maxAttempts))).orderBy(asc(job.runAt)).limit(1)
})

/** When the job with this key is due, if it waits. */
export async function findJobTime(q: Query, key: string): Promise<Date | null> {
  const { job } = tablesOf(q)
  const [found] = await q.select({ runAt: job.runAt }).from(job).where(eq(job.key, key))
  return found?.runAt ?? null
}

/** Counts for the queue's status: ready now and since when, running, dead. */
export async function countJobs(q: Query, now: Date) {
  const { job } = tablesOf(q)
  const [ready] = await q.select({ count: count(), oldest: min(job.runAt) }).from(job)
    .where(and(isNull(job.lockedBy), lte(job.runAt, now), lt(job.attempts, job.maxAttempts)))
  const [running] = await q.select({ count: count() }).from(job).where(isNotNull(job.lockedBy))
  const [dead] = await q.select({ count: count() }).from(job).where(and(isNull(job.lockedBy), gte(job.attempts, job.maxAttempts)))
  return { ready: ready?.count ?? 0, oldest: ready?.oldest ?? null, running: running?.count ?? 0, dead: dead?.count ?? 0 }
}
