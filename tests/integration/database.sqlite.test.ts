import { execFile, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
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
import { until } from '../support/until.ts'

describe('SQLite keeps the database contract', () => databaseContract('sqlite'))

describe('the SQLite file', () => {
  let folder: string
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'parley-file-')) })
  afterEach(() => rmSync(folder, { recursive: true }))
  const file = () => join(folder, 'parley.db')
  const open = (lockWaitMs = 0) => openSqlite(file(), migrations.sqlite, { lockWaitMs })

  describe('and power loss', () => {
    /** Opens the file with syncs that wait to be let go; `lost` is the file as the disk held it when the last sync began. */
    const openHeld = () => {
      const lost = join(folder, 'lost.db')
      let syncs = 0
      let release = Promise.withResolvers<null>()
      const database = openSqlite(file(), migrations.sqlite, {
        async sync() {
          syncs++
          cpSync(file(), lost)
          cpSync(`${file()}-wal`, `${lost}-wal`)
          await release.promise
        },
      })
      const user = (name: string) => database.db.insert(database.tables.user).values({ id: newId(), name, email: `${name}@users.invalid` }).then(() => name)
      return {
        database, user,
        syncs: () => syncs,
        letGo() {
          release.resolve(null)
          release = Promise.withResolvers<null>()
        },
        /** Who is there after the power went now. */
        async afterLoss() {
          const again = openSqlite(lost, migrations.sqlite)
          try { return (await again.db.select().from(again.tables.user)).map(row => row.name) }
          finally { await again.close() }
        },
      }
    }

    it('acknowledges a write when a sync that began after it is over, and holds nobody up meanwhile', async () => {
      const { database, user, syncs, letGo, afterLoss } = openHeld()
      const told: string[] = []
      const first = user('first').then(name => told.push(name))
      await until(() => syncs() === 1)
      const second = database.db.transaction(async tx => tx.insert(database.tables.user).values({ id: newId(), name: 'second', email: 'second@users.invalid' })).then(() => told.push('second'))
      const third = user('third').then(name => told.push(name))
      // Others read what is committed, and nothing is acknowledged yet.
      await until(async () => (await database.db.select().from(database.tables.user)).length === 3)
      expect(told).toEqual([])
      letGo()
      await first
      expect(told).toEqual(['first'])
      await until(() => syncs() === 2)
      expect(await afterLoss()).toEqual(['first', 'second', 'third'])
      letGo()
      await Promise.all([second, third])
      // One sync for both.
      expect(syncs()).toBe(2)
      await database.close()
    })

    it('acknowledges lax writes at once, and reading waits for nothing', async () => {
      const { database, user, syncs } = openHeld()
      await database.lax(() => user('lax'))
      await database.db.transaction(async tx => tx.select().from(database.tables.user))
      expect(syncs()).toBe(0)
      await database.close()
    })

    it('acknowledges nothing any more once a sync has failed', async () => {
      let fails = true
      const database = openSqlite(file(), migrations.sqlite, { sync: async () => { if (fails) throw new Error('EIO') } })
      const write = (name: string) => database.db.insert(database.tables.user).values({ id: newId(), name, email: `${name}@users.invalid` })
      await expect(write('a')).rejects.toThrow()
      fails = false
      await expect(write('b')).rejects.toThrow()
      await database.close()
    })

    it('is kept by the system in the same way', async () => {
      await withDatabase('sqlite', async ({ db }) => {
        expect(await rows(db, sql`pragma journal_mode`)).toEqual([{ journal_mode: 'wal' }])
        expect(await rows(db, sql`pragma synchronous`)).toEqual([{ synchronous: 1 }])
        expect(await rows(db, sql`pragma foreign_keys`)).toEqual([{ foreign_keys: 1 }])
      })
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
