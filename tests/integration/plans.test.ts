/** What is asked all the time must not read every message: how each database answers it. */
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { rows, type Database } from '../../db/database.ts'
import { findListed, listConversations } from '../../db/queries/conversations.ts'
import { countOpenReplies } from '../../db/queries/health.ts'
import { countWriting, idleWaiting, isHeldBack, nextRetryAt, openReplies, writingRows } from '../../db/queries/messages.ts'
import { newId } from '../../shared/ids.ts'
import { dialects, withDatabase } from '../support/database.ts'

const asked: Record<string, (db: Database['db'], id: string) => Promise<unknown>> = {
  'open replies of a conversation': openReplies,
  'earlier open replies': isHeldBack,
  'a row of the list': (db, id) => findListed(db, [id]),
  'the list': (db, id) => listConversations(db, id, { limit: 50 }),
  'replies being written': writingRows,
  'replies that wait': db => idleWaiting(db, 50),
  'the next try': nextRetryAt,
  'how many are being written': db => countWriting(db, 'demo'),
  'how many are open': countOpenReplies,
}

/** The statements that `work` runs, with the query's parameters as any values. */
async function statementsOf(database: Database, work: (db: Database['db']) => Promise<unknown>): Promise<string[]> {
  const said: string[] = []
  const session = (database.db as unknown as { session: { prepareQuery(...given: { sql: string }[]): unknown } }).session
  const prepare = session.prepareQuery
  session.prepareQuery = function (query, ...rest) {
    said.push(query.sql)
    return prepare.call(this, query, ...rest)
  }
  try { await work(database.db) }
  finally { session.prepareQuery = prepare }
  return said
}

/** A query text with its parameters filled in by any id, for EXPLAIN. */
const filledIn = (text: string) => sql.raw(text.replace(/\$\d+|\?/g, (parameter, at: number) => /limit $/.test(text.slice(0, at)) ? '50' : text.startsWith('::text::json', at + parameter.length) ? '\'[]\'' : `'${newId()}'`))

describe.each(dialects)('on %s', (dialect) => {
  it.each(Object.entries(asked))('%s: by an index of what is open', (_, ask) => withDatabase(dialect, async (database) => {
    const { db } = database
    const statements = await statementsOf(database, async q => ask(q, newId()))
    expect(statements.length).toBeGreaterThan(0)
    await db.transaction(async (tx) => {
      // An empty table is read whole by choice; the question is whether there is another way.
      if (dialect === 'postgres') await rows(tx, sql`set local enable_seqscan = off`)
      for (const statement of statements) {
        const plan = JSON.stringify(await rows(tx, sql`${sql.raw(dialect === 'sqlite' ? 'explain query plan' : 'explain')} ${filledIn(statement)}`))
        expect(plan).not.toMatch(/SCAN (message|m)\b|Seq Scan on message/)
        expect(plan).toMatch(/message_open|message_one_writing/)
      }
    })
  }))
})
