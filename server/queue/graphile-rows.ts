/**
 * What this queue says to graphile-worker's tables itself, beside `add_job`: how a job ended, who holds what, and what
 * the dead left locked. Written for the tables of graphile-worker 0.18 (its migrations 11 to 20).
 */
import type { Pool } from 'pg'
import type { TakenJob } from './runs.ts'

export interface GraphileJob extends TakenJob { lockedAt: Date }

/** How a job goes on: not at all, or as a new row. */
export type Sequel = null | { attempts: number, delayMs: number, lastError: string | null }

const jobs = 'graphile_worker._private_jobs'
/** Dates have milliseconds, Postgres microseconds. No process takes the same row twice within 2 ms. */
const stillHeld = `id = $1::bigint and locked_by = $2 and locked_at between $3::timestamptz - interval '2 ms' and $3::timestamptz + interval '2 ms'`

/**
 * Ends one take of a job, if it is still the take that is named; a zombie changes nothing. What goes on gets a new row,
 * because graphile-worker deletes the old one when the task returns.
 */
export async function endTake(pool: Pool, job: GraphileJob, workerId: string, sequel: Sequel): Promise<void> {
  const values: unknown[] = [job.id, workerId, job.lockedAt]
  if (!sequel) {
    await pool.query(`delete from ${jobs} where ${stillHeld}`, values)
    return
  }
  await pool.query(`
    with ended as (delete from ${jobs} where ${stillHeld} returning *),
    added as (
      insert into ${jobs} (job_queue_id, task_id, payload, priority, max_attempts, key, flags, created_at, attempts, run_at, last_error)
      select job_queue_id, task_id, payload, priority, $7::smallint, key, flags, created_at, $4::smallint, now() + $5::float8 * interval '1 ms', coalesce($6, last_error)
      from ended returning run_at <= now() ready
    )
    select pg_notify('jobs:insert', json_build_object('r', random(), 'count', 1)::text) from added where ready`,
  [...values, sequel.attempts, sequel.delayMs, sequel.lastError, job.maxAttempts])
}

/**
 * A process that works is seen in pg_stat_activity: its own connection is named after it, and it asks something every
 * half second. One that is frozen keeps its connection but falls silent. A query that takes long is no silence.
 */
export const workerName = (workerId: string): string => `parley:${workerId}`
const living = `
  select substr(application_name, 8) id from pg_stat_activity
  where datname = current_database() and application_name like 'parley:%'
    and (state is distinct from 'idle' or state_change > clock_timestamp() - interval '5 s')`

export interface Sighting {
  /** Ids of the processes that work. */
  living: string[]
  /** Ids that hold jobs and aren't among them. */
  dead: string[]
  /** Jobs that the asking process holds. */
  mine: string[]
  /** Jobs that could run now, and milliseconds until the next one can. */
  ready: number
  nextMs: number | null
  /** For how long this server has been up. */
  serverMs: number
}

/** One look at everything ($1: the asking process' id), said twice a second by each worker. */
export const lookAround = `
  with living as materialized (${living})
  select
    array(select id from living) living,
    array(select distinct locked_by from ${jobs} where locked_by is not null and locked_by not in (select id from living)) dead,
    array(select id::text from ${jobs} where locked_by = $1) mine,
    (select count(*)::int from (select from ${jobs} where is_available and run_at <= now() limit 1000) due) ready,
    (select extract(epoch from min(run_at) - now())::float8 * 1000 from ${jobs} where is_available and run_at > now()) "nextMs",
    extract(epoch from clock_timestamp() - pg_postmaster_start_time())::float8 * 1000 "serverMs"`

export const lookForLiving = `
  select array(${living}) living, extract(epoch from clock_timestamp() - pg_postmaster_start_time())::float8 * 1000 "serverMs"`

/** A new id, too: graphile-worker deletes a job by its id alone when a task returns, also when that is a zombie's. */
const unlock = (where: string) => `
  with freed as (
    update ${jobs} set id = default, locked_at = null, locked_by = null, run_at = least(run_at, now()), last_error = coalesce(last_error, 'The process that ran it died.')
    where ${where} returning id
  ), told as (
    select pg_notify('jobs:insert', json_build_object('r', random(), 'count', count(*))::text) from freed having count(*) > 0
  )
  select (select count(*)::int from freed) freed, (select count(*) from told) told`

/** Frees what these processes ($1) hold, unless one of them lives after all. The attempts stay counted. */
export const freeDead = unlock(`locked_by = any($1::text[]) and locked_by not in (${living})`)

/** Frees single jobs ($1) that process $2 holds but doesn't run: the answer to its take was lost on the way. */
export const freeOrphans = unlock('id = any($1::bigint[]) and locked_by = $2')

/** Frees what a process that has stopped still holds; those tries aren't counted. */
export async function freeStopped(pool: Pool, workerId: string): Promise<number> {
  const { rowCount } = await pool.query(`
    update ${jobs} set id = default, locked_at = null, locked_by = null, attempts = greatest(0, attempts - 1) where locked_by = $1`, [workerId])
  return rowCount ?? 0
}

/** Jobs that could run now, or that will once their dead holder's claim is taken away. */
export async function hasMore(pool: Pool): Promise<boolean> {
  const { rows: [found] } = await pool.query<{ more: boolean }>(`
    select exists(select from ${jobs} where (is_available and run_at <= now()) or locked_by not in (${living})) more`)
  return found?.more ?? false
}

export async function readStatus(pool: Pool): Promise<{ ready: number, oldestMs: number, running: number, dead: number }> {
  const { rows: [status] } = await pool.query<{ ready: number, oldestMs: number, running: number, dead: number }>(`
    select
      count(*) filter (where is_available and run_at <= now())::int ready,
      coalesce(extract(epoch from now() - min(run_at) filter (where is_available and run_at <= now())) * 1000, 0)::float8 "oldestMs",
      count(*) filter (where locked_at is not null)::int running,
      count(*) filter (where locked_at is null and attempts >= max_attempts)::int dead
    from ${jobs}`)
  return status ?? { ready: 0, oldestMs: 0, running: 0, dead: 0 }
}
