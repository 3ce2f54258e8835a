/** The program that opens files may be ended by the machine as well as by a file: a file is not called damaged for that. */
import { execFileSync } from 'node:child_process'
import postgres from 'postgres'
import { expect, it } from 'vitest'
import { findMedia } from '../../../db/queries/media.ts'
import { processMedia } from '../../../server/jobs/process-media.ts'
import { jobTypes, mostTries } from '../../../server/queue/job-types.ts'
import { dialects } from '../../support/database.ts'
import { withMediaPlace } from '../../support/media-place.ts'
import * as samples from '../../support/samples.ts'
import { until } from '../../support/until.ts'

it.each(dialects)('a file whose reading crashed is read again, and damaged when it always does, on %s', dialect => withMediaPlace(dialect, async ({ services, upload }) => {
  const read = (mediaId: string, attempt: number) => processMedia(services, { mediaId }, { signal: new AbortController().signal, attempt })
  const crash = async (mediaId: string, attempt: number) => {
    const begun = new Promise<void>((resolve) => { services.bus.subscribe((news) => { if (news.type === 'media' && news.mediaId === mediaId) resolve() }) })
    const reading = read(mediaId, attempt).then(() => 'told', () => 'to be tried again')
    await Promise.race([begun, reading])
    execFileSync('pkill', ['-KILL', '-P', String(process.pid), '-f', 'media-processing/child'])
    return reading
  }
  const now = (id: string) => findMedia(services.database.db, id)
  const [first, second] = [await upload(samples.recording(120)), await upload(samples.recording(130))]
  expect(await crash(first.id, 1)).toBe('to be tried again')
  expect(await now(first.id)).toMatchObject({ status: 'processing', error: null })
  await read(first.id, 2)
  expect(await now(first.id)).toMatchObject({ status: 'ready', error: null })
  expect(await crash(second.id, 3)).toBe('told')
  expect(await now(second.id)).toMatchObject({ status: 'failed', error: { code: 'media_broken' } })
}))

it.each(dialects)('a file at which every process has died is told as failed, and not read again, on %s', dialect => withMediaPlace(dialect, async ({ services, upload }) => {
  expect(jobTypes['process-media'].attempts).toBeGreaterThan(mostTries)
  const { id } = await upload(samples.recording(120))
  await processMedia(services, { mediaId: id }, { signal: new AbortController().signal, attempt: mostTries + 1 })
  expect(await findMedia(services.database.db, id)).toMatchObject({ status: 'failed', error: { code: 'internal' } })
}))

it('a database that cuts the job off costs the file no try', () => withMediaPlace('postgres', async ({ services, upload }) => {
  const { id } = await upload(samples.recording(120))
  const admin = postgres(services.config.env.DATABASE_URL ?? '', { max: 2, onnotice: () => {} })
  try {
    const reading = await admin.begin(async (tx) => {
      await tx`lock table media in access exclusive mode`
      const begun = processMedia(services, { mediaId: id }, { signal: new AbortController().signal, attempt: mostTries })
      await until(async () => (await admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parley' and wait_event_type = 'Lock'`).length > 0)
      return { begun }
    })
    await reading.begun
    expect(await findMedia(services.database.db, id)).toMatchObject({ status: 'ready', error: null })
  }
  finally { await admin.end() }
}))
