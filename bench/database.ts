/** What a query costs on each database: `node bench/database.ts`. Figures are for comparing changes, on one machine at one time. */
import { eq } from 'drizzle-orm'
import { newId } from '../shared/ids.ts'
import { dialects, withDatabase } from '../tests/support/database.ts'

const perSecond = async (times: number, work: (i: number) => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  for (let i = 0; i < times; i++) await work(i)
  return Math.round(times / (performance.now() - start) * 1000)
}

for (const dialect of dialects) {
  await withDatabase(dialect, async ({ db, tables, lax }) => {
    const { user, conversation, message, delta } = tables
    const userId = newId()
    const conversationId = newId()
    const messageId = newId()
    await db.insert(user).values({ id: userId, name: 'Ada', email: 'ada@users.invalid' })
    await db.insert(conversation).values({ id: conversationId, userId })
    await db.insert(message).values({ id: messageId, conversationId, role: 'assistant', status: 'writing', seq: 1, bornSeq: 1 })
    const chunks = [[{ type: 'text-delta' as const, id: '1', delta: 'a few words ' }]]
    let n = 0
    const hundred = () => Array.from({ length: 100 }, () => ({ messageId, epoch: 1, n: ++n, upto: n, chunks }))
    console.log(dialect, {
      selects: await perSecond(3000, () => db.select().from(message).where(eq(message.id, messageId))),
      inserts: await perSecond(1000, i => db.insert(user).values({ id: newId(), name: 'Bob', email: `${i}@users.invalid` })),
      laxInserts: await perSecond(1000, i => lax(async () => { await db.insert(user).values({ id: newId(), name: 'Bob', email: `lax${i}@users.invalid` }) })),
      transactions: await perSecond(1000, () => db.transaction(async (tx) => {
        await tx.update(conversation).set({ title: 'x' }).where(eq(conversation.id, conversationId)).returning()
        await tx.insert(delta).values({ messageId, epoch: 2, n: ++n, upto: n, chunks })
      })),
      deltaRowsInHundreds: 100 * await perSecond(200, () => lax(async () => { await db.insert(delta).values(hundred()) })),
    })
  })
}
