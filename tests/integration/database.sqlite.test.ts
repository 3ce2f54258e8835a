import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { eq, sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rows } from '../../db/database.ts'
import { openSqlite } from '../../db/open.sqlite.ts'
import { newId } from '../../shared/ids.ts'
import { databaseContract } from '../contract/database.ts'
import { migrations, withDatabase } from '../support/database.ts'

describe('SQLite keeps the database contract', () => databaseContract('sqlite'))

describe('the SQLite file', () => {
  let folder: string
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'parley-file-')) })
  afterEach(() => rmSync(folder, { recursive: true }))
  const file = () => join(folder, 'parley.db')
  const open = (lockWaitMs = 0) => openSqlite(file(), migrations.sqlite, { lockWaitMs })

  it('survives power loss after every commit, except for lax writes', async () => {
    await withDatabase('sqlite', async ({ db, lax }) => {
      const level = async () => Object.values((await rows(db, sql`pragma synchronous`))[0]!)[0]
      expect(await level()).toBe(2)
      await lax(async () => expect(await level()).toBe(1))
      expect(await level()).toBe(2)
      await lax(async () => { throw new Error('no') }).catch(() => {})
      expect(await level()).toBe(2)
      expect(await rows(db, sql`pragma journal_mode`)).toEqual([{ journal_mode: 'wal' }])
      expect(await rows(db, sql`pragma foreign_keys`)).toEqual([{ foreign_keys: 1 }])
    })
  })

  it('belongs to one process: a second opening is refused with a sentence', async () => {
    const first = open()
    expect(() => open()).toThrow(/Another process is using .*parley\.db\. Stop it first/)
    await first.close()
    await open().close()
  })

  it('is free again when the process that owned it was killed', async () => {
    const owner = spawn(process.execPath, ['--input-type=module', '-e', `
      import { openSqlite } from '${join(import.meta.dirname, '../../db/open.sqlite.ts')}'
      openSqlite('${file()}', [])
      console.log('open')
      setInterval(() => {}, 1000)`], { stdio: ['ignore', 'pipe', 'inherit'] })
    const gone = new Promise(resolve => owner.once('exit', resolve))
    await new Promise(resolve => createInterface(owner.stdout).once('line', resolve))
    expect(() => open()).toThrow(/Another process/)
    owner.kill('SIGKILL')
    await gone
    await open().close()
  })

  it('waits for a process that is just ending', async () => {
    const first = open()
    const second = execFile(process.execPath, ['--input-type=module', '-e', `
      import { openSqlite } from '${join(import.meta.dirname, '../../db/open.sqlite.ts')}'
      console.log('trying')
      await openSqlite('${file()}', [], { lockWaitMs: 20000 }).close()`])
    const code = new Promise(resolve => second.once('exit', resolve))
    await new Promise(resolve => second.stdout?.once('data', resolve))
    await first.close()
    expect(await code).toBe(0)
  })

  it('keeps the rows of a table that a migration copies and drops', async () => {
    const first = open()
    const userId = newId()
    await first.db.insert(first.tables.user).values({ id: userId, name: 'Ada', email: 'ada@users.invalid' })
    await first.db.insert(first.tables.conversation).values({ id: newId(), userId })
    await first.close()
    const columns = 'id, username, display_username, name, email, email_verified, image, is_anonymous, model, created_at, updated_at'
    const rebuild = { tag: 'rebuild', when: Date.now(), sql: `create table new_user as select ${columns} from user;--> statement-breakpoint
      drop table user;--> statement-breakpoint create table user (id text primary key, ${columns.slice(4)});--> statement-breakpoint
      insert into user select * from new_user;--> statement-breakpoint drop table new_user;` }
    const second = openSqlite(file(), [...migrations.sqlite, rebuild])
    expect(await second.db.select().from(second.tables.conversation)).toHaveLength(1)
    await second.close()
  })

  it('applies a migration whole or not at all', async () => {
    await open().close()
    const broken = { tag: 'broken', when: Date.now(), sql: 'create table half (id text);--> statement-breakpoint create nonsense;' }
    expect(() => openSqlite(file(), [...migrations.sqlite, broken])).toThrow(/nonsense/)
    const again = open()
    expect(await rows(again.db, sql`select name from sqlite_master where name = 'half'`)).toEqual([])
    await again.close()
  })
})

describe('turns on the one SQLite connection', () => {
  it('keeps a promise that outlived its transaction out of the next one', async () => {
    await withDatabase('sqlite', async ({ db, tables }) => {
      const id = newId()
      await db.insert(tables.user).values({ id, name: 'before', email: 'a@users.invalid' })
      const write = (name: string) => db.update(tables.user).set({ name }).where(eq(tables.user.id, id))
      const turned: { late?: PromiseLike<unknown> } = {}
      await db.transaction(async (tx) => {
        await tx.select().from(tables.user)
        // Runs when this transaction is over and the next one has begun.
        turned.late = (async () => {
          for (let i = 0; i < 100; i++) await Promise.resolve()
          await write('late')
        })()
      })
      await db.transaction(async (tx) => {
        for (let i = 0; i < 50; i++) await tx.select().from(tables.user)
        throw new Error('undo')
      }).catch(() => {})
      await turned.late
      expect((await db.select().from(tables.user))[0]!.name).toBe('late')
    })
  })

  it('refuses the database inside its own transaction, which would wait for itself on Postgres', async () => {
    await withDatabase('sqlite', async ({ db }) => {
      await expect(db.transaction(async () => db.transaction(async () => 1))).rejects.toThrow('use tx')
    })
  })
})
