/** Adding a job on Postgres: graphile-worker's own function, inside the caller's transaction. */
import { sql } from 'drizzle-orm'
import { rows, type Query } from '../database.ts'
import type { NewJob } from './jobs.ts'

/**
 * Adds a job. A waiting job with the same key is replaced. One that runs loses the key first: `add_job` would use up its
 * attempts, so that it could not be tried again.
 */
export async function addGraphileJob(q: Query, { task, payload, key, priority, runAt, maxAttempts }: Omit<NewJob, 'runAt'> & { runAt: Date | null }): Promise<void> {
  const add = sql`graphile_worker.add_job(${task}::text, ${JSON.stringify(payload)}::json, run_at => ${runAt?.toISOString() ?? null}::timestamptz,
    max_attempts => ${maxAttempts}::int, job_key => ${key}::text, priority => ${priority}::int)`
  await rows(q, key === null
    ? sql`select ${add} is null`
    : sql`with running as (update graphile_worker._private_jobs set key = null where key = ${key} and locked_at is not null returning 1)
      select ${add} is null from (select count(*) from running) first`)
}
