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
  // Until the transaction ends. Postgres takes its five statements for cheaper when planned anew for each job, which is most of their cost.
  const plans = sql`set_config('plan_cache_mode', 'force_generic_plan', true)`
  await rows(q, key === null
    ? sql`select ${add} is null from (select count(*), ${plans}) first`
    : sql`with running as (update graphile_worker._private_jobs set key = null where key = ${key} and locked_at is not null returning 1)
      select ${add} is null from (select count(*), ${plans} from running) first`)
}
