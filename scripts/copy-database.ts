/**
 * `npm run db:copy`: carries an installation from the zero-setup mode to production: from the SQLite file and the media
 * in `DATA_DIR` to `DATABASE_URL` and `S3_*`. Stop the server first. May be run again after being cut off; what is
 * copied already is brought up to date. The source stays as it is.
 */
import { join } from 'node:path'
import { asc, lt } from 'drizzle-orm'
import { readMigrations } from '../db/bundle-migrations.ts'
import { copyRows, refuseOthers } from '../db/copy-rows.ts'
import type { Database } from '../db/database.ts'
import { openPostgres } from '../db/open.postgres.ts'
import { openSqlite } from '../db/open.sqlite.ts'
import { newId } from '../shared/ids.ts'
import { bytesInWords } from '../shared/bytes.ts'
import { readConfig } from '../server/config.ts'
import { openLog, type Log } from '../server/log.ts'
import { openGraphileQueue } from '../server/queue/graphile.ts'
import { jobTypes, type JobName } from '../server/queue/job-types.ts'
import { openStore } from '../server/services.ts'
import { copyObjects } from './copy-objects.ts'

const target = readConfig(process.env)
const source = readConfig({ ...process.env, ROLE: 'all', DATABASE_URL: '', S3_ENDPOINT: '' })
const migrations = readMigrations(join(import.meta.dirname, '../db/migrations'))
const { DATABASE_URL: url, DATABASE_DIRECT_URL: directUrl = url, S3_ENDPOINT: s3 } = target.env

/** Says what a long work has come to, once a second and at its end. */
function makeProgress(): (line: string, last: boolean) => void {
  let saidAt = 0
  return (line, last) => {
    if (!last && Date.now() - saidAt < 1000) return
    saidAt = Date.now()
    console.log(line)
  }
}

async function copyMedia(log: Log): Promise<void> {
  if (s3 === undefined) {
    console.log(`S3_ENDPOINT is not set: files stay in ${join(source.dataDir, 'media')}, where every process must reach them.`)
    return
  }
  const [from, to] = [openStore(source, log), openStore(target, log)]
  try {
    const report = await to.check()
    if (!report.ok) throw new Error(report.problems.join('\n'))
    const progress = makeProgress()
    const line = ({ copied, there, bytes }: { copied: number, there: number, bytes: number }) => `files: ${copied} copied (${bytesInWords(bytes)}), ${there} were there`
    progress(line(await copyObjects(from, to, so => progress(line(so), false))), true)
  }
  finally {
    await from.close()
    await to.close()
  }
}

/** What was still to be done goes on there: each job under a key of its own, so that a second run adds none twice while it waits. */
async function copyJobs(from: Database, to: Database, directUrl: string, log: Log): Promise<void> {
  const queue = openGraphileQueue({ url: directUrl, workerId: newId(), log })
  try {
    const { job } = from.tables
    const waiting = await from.db.select().from(job).orderBy(asc(job.runAt)).where(lt(job.attempts, job.maxAttempts))
    const known = waiting.filter(({ task }) => task in jobTypes && task !== 'sweep')
    for (const { id, task, payload, key, runAt, priority } of known)
      await to.db.transaction(tx => queue.enqueue(tx, task as JobName, payload as never, { key: key ?? `copied ${id}`, runAt, priority }))
    console.log(`jobs: ${known.length}`)
  }
  finally { await queue.close() }
}

async function copy(url: string, directUrl: string): Promise<void> {
  const log = openLog('warn')
  const from = openSqlite(source.sqliteFile, migrations.sqlite, { lockWaitMs: 0 })
  const to = openPostgres({ url, directUrl, migrations: migrations.postgres, log })
  try {
    await to.ready
    await refuseOthers(from, to)
    // Files first: a row whose file is missing would be a broken link.
    await copyMedia(log)
    const progress = makeProgress()
    await copyRows(from, to, ({ table, done, total }) => progress(`${table}: ${done} of ${total}`, done === total))
    await copyJobs(from, to, directUrl, log)
  }
  finally {
    await from.close()
    await to.close()
  }
}

try {
  if (url === undefined || directUrl === undefined) throw new Error('Set DATABASE_URL to the PostgreSQL database to copy to.')
  await copy(url, directUrl)
  console.log(`Done. Start the server with the same settings${process.env.AUTH_SECRET ? '' : `, and with AUTH_SECRET as in ${join(source.dataDir, 'secret')}, so that people stay signed in`}.`)
}
catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
