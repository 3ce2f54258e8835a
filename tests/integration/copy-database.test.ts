import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { rows, type Database } from '../../db/database.ts'
import { openPostgres } from '../../db/open.postgres.ts'
import { openSqlite } from '../../db/open.sqlite.ts'
import { searchMessages } from '../../db/queries/search.ts'
import { newId } from '../../shared/ids.ts'
import { readConfig } from '../../server/config.ts'
import { openLog } from '../../server/log.ts'
import { openStore } from '../../server/services.ts'
import { migrations } from '../support/database.ts'
import { createPostgres, type TestPostgres } from '../support/postgres.ts'
import { openS3Double, type S3Double } from '../support/s3-double.ts'

const messages = 450
const files = 40

describe('npm run db:copy', () => {
  let folder: string
  let s3: S3Double
  let empty: TestPostgres
  const userId = newId()
  const conversationId = newId()

  const openSource = () => openSqlite(join(folder, 'parley.sqlite'), migrations.sqlite)
  const environment = () => ({
    ...process.env, DATA_DIR: folder, DATABASE_URL: empty.url, LOG_LEVEL: 'silent',
    S3_ENDPOINT: s3.endpoint, S3_BUCKET: 'parley', S3_ACCESS_KEY: s3.account.accessKey, S3_SECRET_KEY: s3.account.secretKey,
  })
  /** Runs the command; it is killed as soon as it said `killAt`, or as `killWhen` is true. */
  const run = (killAt?: string, killWhen?: () => boolean) => new Promise<{ code: number | null, said: string }>((resolve) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../scripts/copy-database.ts')], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => {
        said += text.toString()
        if (killAt && said.includes(killAt)) child.kill('SIGKILL')
      })
    }
    const looking = setInterval(() => { if (killWhen?.()) child.kill('SIGKILL') }, 1)
    child.once('close', (code) => {
      clearInterval(looking)
      resolve({ code, said })
    })
  })

  async function fill({ db, tables }: Database): Promise<void> {
    const store = openStore(readConfig({ DATA_DIR: folder }), openLog('silent'))
    await db.insert(tables.user).values({ id: userId, name: 'Ada', username: 'ada', email: 'ada@users.invalid', createdAt: new Date(1_700_000_000_123) })
    await db.insert(tables.session).values({ id: newId(), userId, token: 'token', expiresAt: new Date(Date.now() + 1e6) })
    await db.insert(tables.conversation).values({ id: conversationId, userId, title: 'On clocks', seq: 3 })
    await db.insert(tables.message).values(Array.from({ length: messages }, (_, i) => ({
      id: newId(), conversationId, role: 'user' as const, status: 'done' as const, content: `tick ${i} 🕰`, seq: 1, bornSeq: 1, parts: [{ type: 'text' as const, text: 'a\0b\uD83D' }],
    })))
    const reply = { id: newId(), conversationId, role: 'assistant' as const, status: 'waiting' as const, seq: 2, bornSeq: 2 }
    await db.insert(tables.message).values(reply)
    await db.insert(tables.delta).values(Array.from({ length: 230 }, (_, i) => ({ messageId: reply.id, epoch: 1 + i % 2, n: i, upto: i, chunks: [] })))
    await db.insert(tables.tombstone).values({ id: newId() })
    await db.insert(tables.job).values([
      { id: newId(), task: 'write-reply', payload: { messageId: reply.id }, key: reply.id, runAt: new Date(), maxAttempts: 5 },
      { id: newId(), task: 'sweep', payload: { what: 'often' }, key: 'schedule', runAt: new Date(), maxAttempts: 1 },
      { id: newId(), task: 'name-conversation', payload: { conversationId }, runAt: new Date(), attempts: 3, maxAttempts: 3 },
    ])
    for (let i = 0; i < files; i++) {
      const id = newId()
      const key = `${userId}/${id}/original`
      await store.put(key, Readable.from([Buffer.alloc(1000 + i, i)]), { mime: 'image/png', maxBytes: 1e6 })
      await db.insert(tables.media).values({ id, userId, messageId: reply.id, type: 'image', filePath: key, name: `${i}.png`, mime: 'image/png', bytes: 1000 + i, storedBytes: 1000 + i, status: 'ready' })
    }
    await store.close()
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-copy-'))
    const source = openSource()
    await fill(source)
    await source.close()
  })
  beforeEach(async () => {
    s3 = await openS3Double()
    empty = await createPostgres({ migrated: false })
    return async () => {
      await s3.close()
      await empty.drop()
    }
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  async function compare(): Promise<void> {
    const source = openSource()
    const target = openPostgres({ url: empty.url, directUrl: empty.url, migrations: migrations.postgres })
    await target.ready
    try {
      for (const name of ['user', 'session', 'conversation', 'message', 'media', 'tombstone'] as const) {
        const [from, to] = await Promise.all([source, target].map(({ db, tables }) => db.select().from(tables[name]).orderBy(tables[name].id)))
        expect(to, name).toEqual(from)
      }
      expect(await target.db.$count(target.tables.delta)).toBe(230)
      expect(s3.objects.size).toBe(files)
      for (const { filePath, bytes } of await target.db.select().from(target.tables.media)) expect(s3.objects.get(filePath)?.data.length).toBe(bytes)
      expect(await searchMessages(target.db, userId, 'tick 44', { limit: 100 })).toHaveLength(11)
      expect(await rows(target.db, sql`select task_identifier as task, cast(count(*) as integer) as n from graphile_worker.jobs group by 1`)).toEqual([{ task: 'write-reply', n: 1 }])
    }
    finally {
      await source.close()
      await target.close()
    }
  }

  it('carries everything to Postgres and S3, and is harmless a second time', async () => {
    const first = await run()
    expect(first).toMatchObject({ code: 0 })
    expect(first.said).toContain(`message: ${messages + 1} of ${messages + 1}`)
    expect(first.said).toContain(`AUTH_SECRET as in ${join(folder, 'secret')}`)
    await compare()
    const second = await run()
    expect(second.said).toContain(`${files} were there`)
    expect(second.code).toBe(0)
    await compare()
  })

  it('goes on where it was cut off', async () => {
    expect((await run('session: 1 of 1')).code).toBeNull()
    expect((await run()).code).toBe(0)
    await compare()
  })

  it('goes on where it was cut off in the middle of the files, and copies none of them twice', async () => {
    expect((await run(undefined, () => s3.objects.size >= 10)).code).toBeNull()
    const there = s3.objects.size
    expect(there).toBeLessThan(files)
    const again = await run()
    expect(again).toMatchObject({ code: 0, said: expect.stringContaining(`${there} were there`) as string })
    await compare()
  })

  it('copies nothing over what has gone on since', async () => {
    expect((await run()).code).toBe(0)
    const target = openPostgres({ url: empty.url, directUrl: empty.url, migrations: migrations.postgres })
    await target.ready
    await target.db.update(target.tables.conversation).set({ title: 'On sundials', seq: 4 })
    const refused = await run()
    expect(refused).toMatchObject({ code: 1, said: expect.stringContaining('has gone on since') as string })
    expect(await target.db.select({ title: target.tables.conversation.title }).from(target.tables.conversation)).toEqual([{ title: 'On sundials' }])
    await target.close()
  })

  it('copies nothing into a database that has people of its own', async () => {
    const target = openPostgres({ url: empty.url, directUrl: empty.url, migrations: migrations.postgres })
    await target.ready
    await target.db.insert(target.tables.user).values({ id: newId(), name: 'Eve', email: 'eve@users.invalid' })
    const refused = await run()
    expect(refused.code).toBe(1)
    expect(refused.said).toContain('has people of its own')
    expect(await target.db.$count(target.tables.message)).toBe(0)
    expect(s3.objects.size).toBe(0)
    await target.close()
  })

  it('copies nothing while the server runs', async () => {
    const source = openSource()
    const refused = await run()
    expect(refused).toMatchObject({ code: 1, said: expect.stringContaining('Another process is using') as string })
    await source.close()
  })
})
