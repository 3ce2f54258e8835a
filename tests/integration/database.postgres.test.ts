import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { eq, inArray, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rows } from '../../db/database.ts'
import { openPostgres } from '../../db/open.postgres.ts'
import { newId } from '../../shared/ids.ts'
import { databaseContract } from '../contract/database.ts'
import { migrations } from '../support/database.ts'
import { createPostgres, type TestPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'

describe('PostgreSQL keeps the database contract', () => databaseContract('postgres'))

describe('PostgreSQL alone', () => {
  let empty: TestPostgres
  beforeAll(async () => { empty = await createPostgres({ migrated: false }) }, 60_000)
  afterAll(() => empty.drop())

  it('is migrated once by ten that open it together', async () => {
    const open = () => openPostgres({ url: empty.url, directUrl: empty.url, migrations: migrations.postgres, max: 1 })
    const opened = Array.from({ length: 10 }, open)
    await Promise.all(opened.map(database => database.ready))
    const { db } = opened[0]!
    expect(await rows(db, sql`select cast(count(*) as integer) as n from drizzle.__drizzle_migrations`)).toEqual([{ n: migrations.postgres.length }])
    await Promise.all(opened.map(database => database.close()))
  })

  it('ends a query that takes too long, and a transaction that waits too long for a connection', async () => {
    const database = openPostgres({ url: empty.url, directUrl: empty.url, migrations: [], max: 1, queryTimeoutMs: 300 })
    await database.ready
    await expect(rows(database.db, sql`select pg_sleep(20)`)).rejects.toThrow('did not answer within 300 ms')
    const hold = Promise.withResolvers<null>()
    const held = database.db.transaction(() => hold.promise)
    await expect(database.db.transaction(async () => 1)).rejects.toThrow('did not answer within 300 ms')
    hold.resolve(null)
    await held
    expect(await rows(database.db, sql`select 1 as one`)).toEqual([{ one: 1 }])
    await database.close()
  })

  it('takes the locks of a transaction whose process is frozen away', async () => {
    const open = (restMs?: number) => openPostgres({ url: empty.url, directUrl: empty.url, migrations: migrations.postgres, ...(restMs ? { restMs } : {}) })
    const [frozen, other] = [open(300), open()]
    await Promise.all([frozen.ready, other.ready])
    const { user } = other.tables
    const id = newId()
    await other.db.insert(user).values({ id, name: 'Ada', email: id })
    const locked = Promise.withResolvers<null>()
    const thawed = Promise.withResolvers<null>()
    const zombie = frozen.db.transaction(async (tx) => {
      await tx.update(user).set({ name: 'zombie' }).where(eq(user.id, id))
      locked.resolve(null)
      await thawed.promise
      await tx.update(user).set({ name: 'zombie again' }).where(eq(user.id, id))
    })
    zombie.catch(() => {})
    await locked.promise
    const since = performance.now()
    await other.db.update(user).set({ name: 'successor' }).where(eq(user.id, id))
    expect(performance.now() - since).toBeLessThan(3000)
    thawed.resolve(null)
    await expect(zombie).rejects.toThrow()
    expect(await other.db.select({ name: user.name }).from(user).where(eq(user.id, id))).toEqual([{ name: 'successor' }])
    await Promise.all([frozen.close(), other.close()])
  })

  it('has a connection answer again that was cut just when it had something to say', async () => {
    const sockets: Socket[] = []
    const collect = (message: unknown) => sockets.push((message as { socket: Socket }).socket)
    subscribe('net.client.socket', collect)
    const database = openPostgres({ url: empty.url, directUrl: empty.url, migrations: migrations.postgres, max: 1 })
    await database.ready
    const ask = () => rows(database.db, sql`select 1 as one`)
    await ask()
    // The driver writes in the next round of the event loop; the end of the connection is told in this one, after its immediates.
    await new Promise(resolve => setImmediate(resolve))
    const asking = ask()
    for (const socket of sockets) socket.destroy()
    await expect(asking).rejects.toThrow()
    unsubscribe('net.client.socket', collect)
    await until(async () => expect(await ask()).toEqual([{ one: 1 }]), { what: 'an answer', withinMs: 10_000 })
    await database.close()
  })

  it('does nothing of a transaction whose connection was cut, though another has taken its place', async () => {
    const sockets: Socket[] = []
    const collect = (message: unknown) => sockets.push((message as { socket: Socket }).socket)
    const database = openPostgres({ url: empty.url, directUrl: empty.url, migrations: migrations.postgres, max: 1 })
    await database.ready
    const { db, tables: { user } } = database
    const add = (name: string) => ({ id: newId(), name, email: newId() })
    const names = () => db.select({ name: user.name }).from(user).where(inArray(user.name, ['before', 'at once', 'later', 'after']))
    subscribe('net.client.socket', collect)
    const said = Promise.withResolvers<string[]>()
    const cut = db.transaction(async (tx) => {
      await tx.insert(user).values(add('before'))
      await Promise.all(sockets.map(socket => new Promise((resolve) => { socket.once('close', resolve).destroy() })))
      const atOnce = await tx.insert(user).values(add('at once')).then(() => 'done', () => 'refused')
      expect(await names()).toEqual([])
      const later = await tx.insert(user).values(add('later')).then(() => 'done', () => 'refused')
      said.resolve([atOnce, later])
    })
    await expect(cut).rejects.toThrow()
    expect(await said.promise).toEqual(['refused', 'refused'])
    unsubscribe('net.client.socket', collect)
    await db.insert(user).values(add('after'))
    expect(await names()).toEqual([{ name: 'after' }])
    await database.close()
  })

  it('serves queries without prepared statements when the address for queries is a pooler’s', async () => {
    const database = openPostgres({ url: `${empty.url}?application_name=pooled`, directUrl: empty.url, migrations: migrations.postgres })
    await database.ready
    const id = newId()
    await database.db.insert(database.tables.user).values({ id, name: 'Ada', email: id })
    expect(await database.db.select().from(database.tables.user).where(eq(database.tables.user.id, id))).toHaveLength(1)
    expect(await rows(database.db, sql`select name from pg_prepared_statements`)).toEqual([])
    await database.close()
  })

  it('rejects `ready` with the reason when the database refuses us, and harms nothing when nobody asked', async () => {
    const refused = new URL(empty.url)
    refused.pathname = '/there_is_no_such_database'
    const database = openPostgres({ url: refused.href, directUrl: refused.href, migrations: migrations.postgres })
    await expect(database.ready).rejects.toThrow('does not exist')
    await expect(database.check()).rejects.toThrow()
    await database.close()
  })
})
