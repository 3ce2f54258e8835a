/** What every database keeps, whatever it stands on. Run by tests/integration/database.*.test.ts. */
import { inspect } from 'node:util'
import { and, count, eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialectOf, rows, tablesOf, type Database, type Query } from '../../db/database.ts'
import { isForeignKeyViolation, isUniqueViolation, QueryError } from '../../db/query-error.ts'
import { countOpenOf, lockAsker } from '../../db/queries/messages.ts'
import { together } from '../../db/together.ts'
import { newId } from '../../shared/ids.ts'
import { openTestDatabase, type Dialect, type TestDatabase } from '../support/database.ts'

export function databaseContract(dialect: Dialect): void {
  let test: TestDatabase
  let database: Database
  beforeAll(async () => {
    test = await openTestDatabase(dialect)
    database = test.database
  }, 60_000)
  afterAll(() => test.remove())

  const makeUser = async (q: Query = database.db) => {
    const id = newId()
    await q.insert(tablesOf(q).user).values({ id, name: 'Ada', email: `${id}@users.invalid` })
    return id
  }
  const makeConversation = async (userId: string, q: Query = database.db) => {
    const id = newId()
    await q.insert(tablesOf(q).conversation).values({ id, userId, title: 'A title' })
    return id
  }
  const reply = (conversationId: string, status: 'waiting' | 'writing' = 'waiting') =>
    ({ id: newId(), conversationId, role: 'assistant' as const, status, seq: 1, bornSeq: 1 })
  const nameOf = async (id: string, q: Query = database.db) => {
    const { user } = tablesOf(q)
    return (await q.select({ name: user.name }).from(user).where(eq(user.id, id)))[0]?.name
  }
  const rename = async (q: Query, id: string, name: string) => {
    const { user } = tablesOf(q)
    await q.update(user).set({ name }).where(eq(user.id, id))
  }

  describe('transactions', () => {
    it('keeps everything of a committed transaction and gives back what its body gives', async () => {
      const id = await database.db.transaction(async (tx) => {
        const made = await makeUser(tx)
        await makeConversation(made, tx)
        return made
      })
      expect(await nameOf(id)).toBe('Ada')
    })

    it('keeps nothing of one that throws, while a write from outside at the same time stays', async () => {
      const bystander = await makeUser()
      let inside = ''
      const outside: Promise<void>[] = []
      await expect(database.db.transaction(async (tx) => {
        inside = await makeUser(tx)
        outside.push(rename(database.db, bystander, 'Bob').catch((error: unknown) => expect(error).toBeUndefined()))
        await makeConversation(inside, tx)
        throw new Error('no')
      })).rejects.toThrow('no')
      await Promise.all(outside)
      expect(await nameOf(inside)).toBeUndefined()
    })

    it('lets queries travel together, in order, and nothing of them reaches it after the rollback', async () => {
      const id = await makeUser()
      const late = newId()
      const { user } = database.tables
      await expect(database.db.transaction(async (tx) => {
        const slowly = async () => {
          for (let step = 0; step < 50; step++) await Promise.resolve()
          await tx.select().from(user).where(eq(user.id, id))
          await tx.insert(user).values({ id: late, name: 'late', email: late })
        }
        await together(rename(tx, id, 'first'), tx.insert(user).values({ id, name: 'again', email: newId() }), slowly())
      })).rejects.toSatisfy(isUniqueViolation)
      await makeUser()
      expect(await nameOf(id)).toBe('Ada')
      expect(await nameOf(late)).toBeUndefined()
      const seen = await database.db.transaction(tx => together(lockAsker(tx, id), countOpenOf(tx, id)))
      expect(seen).toEqual([true, 0])
    })

    it('undoes a nested transaction alone', async () => {
      const id = await makeUser()
      await database.db.transaction(async (tx) => {
        await rename(tx, id, 'outer')
        await tx.transaction(async (inner) => {
          await rename(inner, id, 'inner')
          throw new Error('inner')
        }).catch(() => {})
        expect(await nameOf(id, tx)).toBe('outer')
      })
      expect(await nameOf(id)).toBe('outer')
    })

    it('goes on after a violation that a nested transaction caught', async () => {
      const id = await makeUser()
      await database.db.transaction(async (tx) => {
        const { user } = tablesOf(tx)
        const refused = await tx.transaction(inner => inner.insert(user).values({ id, name: 'twin', email: 'twin' })).catch((error: unknown) => error)
        expect(isUniqueViolation(refused)).toBe(true)
        await rename(tx, id, 'went on')
      })
      expect(await nameOf(id)).toBe('went on')
    })

    it('runs parallel ones without mixing them', async () => {
      const ids = await Promise.all(Array.from({ length: 8 }, () => makeUser()))
      await Promise.allSettled(ids.map((id, i) => database.db.transaction(async (tx) => {
        await rename(tx, id, `half ${i}`)
        await makeConversation(id, tx)
        if (i % 2) throw new Error('odd')
        await rename(tx, id, `whole ${i}`)
      })))
      const { conversation } = database.tables
      for (const [i, id] of ids.entries()) {
        expect(await nameOf(id)).toBe(i % 2 ? 'Ada' : `whole ${i}`)
        expect(await database.db.select().from(conversation).where(eq(conversation.userId, id))).toHaveLength(i % 2 ? 0 : 1)
      }
    })

    it('loses no increment among many transactions on one row', async () => {
      const id = await makeConversation(await makeUser())
      const { conversation } = database.tables
      const seqs = await Promise.all(Array.from({ length: 30 }, () => database.db.transaction(async (tx) => {
        const [row] = await tx.update(conversation).set({ seq: sql`${conversation.seq} + 1` }).where(eq(conversation.id, id)).returning({ seq: conversation.seq })
        return row!.seq
      })))
      expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
    })
  })

  describe('rules of the data', () => {
    it('gives a guarded update to exactly one of many claimants', async () => {
      const { message } = database.tables
      const { id } = (await database.db.insert(message).values(reply(await makeConversation(await makeUser()))).returning())[0]!
      const claims = await Promise.all(Array.from({ length: 25 }, (_, i) => database.db.transaction(tx => tx.update(message)
        .set({ status: 'writing', writerId: `w${i}`, epoch: sql`${message.epoch} + 1` })
        .where(and(eq(message.id, id), eq(message.status, 'waiting'))).returning({ epoch: message.epoch, writerId: message.writerId }))))
      const won = claims.flat()
      expect(won).toHaveLength(1)
      expect(won[0]!.epoch).toBe(1)
    })

    it('refuses a second reply that is being written in one conversation, and says it is a unique violation', async () => {
      const { message } = database.tables
      const conversationId = await makeConversation(await makeUser())
      await database.db.insert(message).values([reply(conversationId, 'writing'), reply(conversationId), reply(conversationId)])
      const refused = await database.db.insert(message).values(reply(conversationId, 'writing')).catch((error: unknown) => error)
      expect(isUniqueViolation(refused)).toBe(true)
    })

    it('says nothing of the values in an error', async () => {
      const id = await makeUser()
      const refused = await database.db.insert(database.tables.user).values({ id: newId(), name: 'my secret', email: `${id}@users.invalid`, username: 'secret' }).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(QueryError)
      expect(inspect(refused, { depth: null })).not.toContain('secret')
    })

    it('refuses a row that refers to nothing', async () => {
      expect(isForeignKeyViolation(await makeConversation(newId()).catch((error: unknown) => error))).toBe(true)
    })

    it('removes what belongs to a user with the user', async () => {
      const { user, conversation, message, delta, media } = database.tables
      const userId = await makeUser()
      const conversationId = await makeConversation(userId)
      const [written] = await database.db.insert(message).values(reply(conversationId, 'writing')).returning()
      await database.db.insert(delta).values({ messageId: written!.id, epoch: 1, n: 1, upto: 1, chunks: [] })
      await database.db.insert(media).values({ id: newId(), userId, messageId: written!.id, type: 'image', filePath: 'a/b/c', name: 'c', mime: 'image/png', bytes: 1, storedBytes: 1, status: 'ready' })
      await database.db.delete(user).where(eq(user.id, userId))
      expect(await database.db.select().from(conversation).where(eq(conversation.id, conversationId))).toEqual([])
      expect(await database.db.select().from(delta).where(eq(delta.messageId, written!.id))).toEqual([])
      expect(await database.db.select().from(media).where(eq(media.userId, userId))).toEqual([])
    })

    it('takes an upsert as the lock of a row that may not be there yet', async () => {
      const { modelTurn } = database.tables
      const model = `model ${newId()}`
      let inside = 0
      await Promise.all(Array.from({ length: 10 }, () => database.db.transaction(async (tx) => {
        await tx.insert(modelTurn).values({ model, takenAt: new Date() }).onConflictDoUpdate({ target: modelTurn.model, set: { takenAt: new Date() } })
        expect(++inside).toBe(1)
        await tx.select({ n: count() }).from(modelTurn)
        inside--
      })))
    })
  })

  describe('values', () => {
    it('gives moments back to the millisecond, and flags, numbers past 32 bits and JSON as what they were', async () => {
      const { user, media, rateLimit } = database.tables
      const id = await makeUser()
      const createdAt = new Date('2026-03-29T01:30:00.123Z')
      const waveform = [0, 0.1, 1]
      const derived = { thumbnail: 'ein „Schlüssel“', frames: [] }
      await database.db.update(user).set({ createdAt, emailVerified: true }).where(eq(user.id, id))
      await database.db.insert(media).values({ id, userId: id, type: 'video', filePath: 'k', name: 'n', mime: 'video/mp4', bytes: 2 ** 53 - 1, storedBytes: 1, status: 'ready', waveform, derived })
      await database.db.insert(rateLimit).values({ id, key: id, count: 1, lastRequest: Date.now() })
      expect((await database.db.select().from(user).where(eq(user.id, id)))[0]).toMatchObject({ createdAt, emailVerified: true, username: null })
      expect((await database.db.select().from(media).where(eq(media.id, id)))[0]).toMatchObject({ bytes: 2 ** 53 - 1, waveform, derived, transcript: null })
    })

    it('keeps text of any script exactly, and puts U+FFFD where NUL or half a surrogate pair was', async () => {
      const id = await makeUser()
      const text = '👩‍👩‍👧 “quotes” \' \\ % _ $1 ? \r\n\t العربية 𝕏 \u{10FFFF}'
      await rename(database.db, id, text)
      expect(await nameOf(id)).toBe(text)
      await rename(database.db, id, 'a\0b\uD83Dc\uDE00')
      expect(await nameOf(id)).toBe('a\uFFFDb\uFFFDc\uFFFD')
    })

    it('keeps any JSON exactly: NUL, half an emoji, strings that look like numbers', async () => {
      const { message, delta, command } = database.tables
      const userId = await makeUser()
      const [row] = await database.db.insert(message).values(reply(await makeConversation(userId))).returning()
      const chunks = [[{ type: 'text-delta' as const, id: '1', delta: 'a\0\uD83D' }], [{ type: 'text-delta' as const, id: '1', delta: '\uDE00"\\' }]]
      await database.db.insert(delta).values({ messageId: row!.id, epoch: 1, n: 1, upto: 2, chunks })
      expect((await database.db.select().from(delta).where(eq(delta.messageId, row!.id)))[0]!.chunks).toEqual(chunks)
      const answer = '12' as never
      await database.db.insert(command).values({ id: row!.id, userId, answer })
      expect((await database.db.select().from(command).where(eq(command.id, row!.id)))[0]!.answer).toBe('12')
    })

    it('keeps a message of 200,000 characters', async () => {
      const { message } = database.tables
      const content = '🙂é '.repeat(50_000)
      const [row] = await database.db.insert(message).values({ ...reply(await makeConversation(await makeUser())), content }).returning()
      expect(row!.content).toBe(content)
    })
  })

  describe('one type for both dialects', () => {
    it('tells tables and dialect of a database and of a transaction', async () => {
      expect(database.dialect).toBe(dialect)
      expect(dialectOf(database.db)).toBe(dialect)
      await database.db.transaction(async (tx) => {
        expect(dialectOf(tx)).toBe(dialect)
        expect(tablesOf(tx).user).toBe(database.tables.user)
        await tx.transaction(async inner => expect(tablesOf(inner).user).toBe(database.tables.user))
      })
    })

    it('runs raw SQL in and outside a transaction, with moments and flags as parameters', async () => {
      const id = await makeUser()
      const { user } = database.tables
      const statement = sql`select ${user.name} as name, cast(count(*) as integer) as n from ${user}
        where ${user.id} = ${id} and ${user.createdAt} <= ${new Date()} and ${user.emailVerified} = ${false} group by ${user.name}`
      expect(await rows(database.db, statement)).toEqual([{ name: 'Ada', n: 1 }])
      await expect(database.db.transaction(async (tx) => {
        await rows(tx, sql`update ${user} set name = ${'raw'} where id = ${id}`)
        expect(await rows(tx, statement)).toMatchObject([{ name: 'raw' }])
        throw new Error('undo')
      })).rejects.toThrow('undo')
      expect(await nameOf(id)).toBe('Ada')
    })

    it('makes relational queries and counts', async () => {
      const id = await makeUser()
      expect(await database.db.$count(database.tables.user, eq(database.tables.user.id, id))).toBe(1)
      await database.db.transaction(async tx => expect(await tx.$count(database.tables.user, eq(database.tables.user.id, id))).toBe(1))
      expect(await database.db.query.user.findFirst({ where: (user, { eq: is }) => is(user.id, id) })).toMatchObject({ name: 'Ada' })
    })

    it('runs writes that may be lax, several and transactions among them, beside others', async () => {
      const id = await makeUser()
      const others = Array.from({ length: 5 }, () => makeUser())
      await database.lax(async () => {
        await rename(database.db, id, 'lax')
        await database.db.transaction(async tx => rename(tx, id, `${await nameOf(id, tx)} and more`))
      })
      await Promise.all(others)
      expect(await nameOf(id)).toBe('lax and more')
    })

    it('rejects with the reason when lax work throws, and goes on', async () => {
      await expect(database.lax(async () => { throw new Error('lax') })).rejects.toThrow('lax')
      await database.check()
    })
  })

  it('applies nothing a second time when it is opened again', async () => {
    const id = await makeUser()
    await database.close()
    database = test.database = test.open()
    await database.ready
    expect(await nameOf(id)).toBe('Ada')
  })
}
