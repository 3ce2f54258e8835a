import pg from 'pg'
import { jobTypes } from '../../server/queue/job-types.ts'
import { openGraphileQueue } from '../../server/queue/graphile.ts'
import { newId } from '../../shared/ids.ts'
import { queueContract } from '../contract/queue.ts'
import { openTestDatabase } from '../support/database.ts'
import { collectLog } from '../support/log.ts'

queueContract(async () => {
  const test = await openTestDatabase('postgres')
  const pool = new pg.Pool({ connectionString: test.where, max: 2 })
  pool.on('error', () => {})
  const first = openGraphileQueue({ url: test.where, workerId: newId(), log: collectLog() })
  // Makes the tables.
  await first.status()
  await first.close()
  return {
    database: test.database,
    open: options => openGraphileQueue({ url: test.where, ...options }),
    addRaw: async (task, payload) => {
      await pool.query('select graphile_worker.add_job($1, $2::json, max_attempts => $3)', [task, JSON.stringify(payload), jobTypes[task].attempts])
    },
    count: async () => {
      const { rows: [count] } = await pool.query<{ all: number, locked: number }>('select count(*)::int "all", count(locked_by)::int locked from graphile_worker._private_jobs')
      return count!
    },
    empty: async () => { await pool.query('delete from graphile_worker._private_jobs') },
    remove: async () => {
      await pool.end()
      await test.remove()
    },
  }
}, { manyWorkers: true })
