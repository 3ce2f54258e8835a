/** A process is killed in the middle of opening a film: one result, and nothing left behind in the store or on the machine. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import type { MediaView } from '../../shared/media.ts'
import { signInAsGuest, type Session } from '../support/client.ts'
import { startFleet } from '../support/fleet.ts'
import { openS3Double } from '../support/s3-double.ts'
import { video, type Sample } from '../support/samples.ts'
import { startServer } from '../support/server.ts'
import { rewritten, films } from '../support/sounding.ts'
import { until } from '../support/until.ts'
import { uploadPatiently } from '../support/upload.ts'

/** Large pictures of a kind that is written anew: seconds of work. */
let film: Sample
beforeAll(async () => {
  film = await rewritten(video(), 'film.mkv', { ...films.mkv!, options: { video: { codec: 'vp8', width: 1920, height: 1080, fit: 'fill', bitrate: 4_000_000 }, audio: { codec: 'opus', bitrate: 64_000 } } })
}, 120_000)

/** Processes that run, without those that have ended and were not asked after. */
const processes = () => execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).trim().split('\n')
  .map(line => line.trim().split(/\s+/)).filter(([, , state]) => !state?.startsWith('Z')).map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }))
/** Those that open files for this one. */
const openersOf = (parent: number) => processes().filter(one => one.parent === parent).map(({ pid }) => pid)
const isRunning = (pid: number) => processes().some(one => one.pid === pid)

/** Lends a place for temporary files that a test can look into. */
async function withTemporary<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-kills-'))
  try {
    return await use(folder)
  }
  finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const viewOf = async (guest: Session, id: string) => (await guest.request<{ media: MediaView[] }>('GET', `/api/media?ids=${id}`)).body.media[0]!
const settled = (guest: Session, id: string) => until(async () => {
  const view = await viewOf(guest, id)
  return view.status === 'processing' ? null : view
}, { withinMs: 60_000, what: 'the film to be opened' })

/** Uploads the film, kills the process while it is written anew. */
async function killInTheMiddle(guest: Session, victim: { pid: number, signal(name: 'SIGKILL'): void, ended: Promise<unknown> }, temporary: string): Promise<string> {
  const id = await uploadPatiently(() => guest, film)
  // Its pictures are made, and its playable form is begun.
  await until(async () => (await viewOf(guest, id)).progress > 26, { withinMs: 60_000, what: 'the film to be in the middle' })
  const openers = openersOf(victim.pid)
  expect(openers).toHaveLength(1)
  expect(readdirSync(temporary)).toHaveLength(1)
  victim.signal('SIGKILL')
  await victim.ended
  await until(() => !openers.some(isRunning), { what: 'the process that opens the film to end with its parent' })
  return id
}

const expectWhole = (view: MediaView) => expect(view).toMatchObject({ status: 'ready', notice: null, width: 1920, poster: expect.anything(), playable: expect.anything() })
const keysOf = (id: string, all: readonly string[]) => all.filter(key => key.includes(id)).map(key => key.slice(key.lastIndexOf('/') + 1)).sort()
const forms = ['frame-1.jpg', 'frame-2.jpg', 'original', 'playable.mp4', 'poster.webp', 'thumbnail.webp']

it('a worker of a fleet: another one opens the film', () => withTemporary(async (temporary) => {
  const double = await openS3Double()
  const fleet = await startFleet({
    TMPDIR: temporary, S3_ENDPOINT: double.endpoint, S3_BUCKET: 'parley', S3_ACCESS_KEY: double.account.accessKey, S3_SECRET_KEY: double.account.secretKey,
  }, { webs: 1, workers: 1 })
  try {
    const guest = await signInAsGuest(fleet.webs[0]!.url)
    const id = await killInTheMiddle(guest, fleet.workers[0]!, temporary)
    expect((await viewOf(guest, id)).status).toBe('processing')
    await fleet.start('worker')
    expectWhole(await settled(guest, id))
    await until(() => !double.objects.has(`${guest.user.id}/${id}/upload`) && readdirSync(temporary).length === 0, { what: 'what is not needed to be gone' })
    expect(keysOf(id, [...double.objects.keys()])).toEqual(forms)
    expect(double.uploads.size).toBe(0)
  }
  finally {
    await fleet.close()
    await double.close()
  }
}), 180_000)

it('the only process, with nothing installed: it opens the film when it is back', () => withTemporary(async (temporary) => {
  const server = await startServer({ env: { TMPDIR: temporary } })
  const again = await (async () => {
    const guest = await signInAsGuest(server.url)
    const id = await killInTheMiddle(guest, server, temporary)
    return { server: await server.again(), guest, id }
  })()
  try {
    expectWhole(await settled(again.guest, again.id))
    const files = () => readdirSync(server.dataDir, { recursive: true, encoding: 'utf8' }).filter(path => path.includes(again.id))
    await until(() => !files().some(path => path.endsWith('upload')) && readdirSync(temporary).length === 0, { what: 'what is not needed to be gone' })
    expect(keysOf(again.id, files().filter(path => !path.endsWith(again.id)))).toEqual(forms)
  }
  finally {
    await again.server.close()
    await server.close()
  }
}), 180_000)
