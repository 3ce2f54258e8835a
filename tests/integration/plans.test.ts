/** What is asked all the time must not read every message: how each database answers it. */
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { rows, type Database } from '../../db/database.ts'
import { findListed, listConversations } from '../../db/queries/conversations.ts'
import { storeDeltas } from '../../db/queries/deltas.ts'
import { countOpenReplies } from '../../db/queries/health.ts'
import { branch, changedInAll, countWriting, findMessages, idleWaiting, isHeldBack, line, mustEnd, nextRetryAt, openReplies, writingRows } from '../../db/queries/messages.ts'
import { listMediaOfMessages } from '../../db/queries/media.ts'
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

/** On the way of every message: each row by its key, whatever Postgres knew of the tables when it made its plan. */
const byKeys: typeof asked = {
  'a branch': (db, id) => branch(db, id, 100),
  'messages by their ids': (db, id) => findMessages(db, [id]),
  'what changed in conversations': (db, id) => changedInAll(db, [{ conversationId: id, after: 0 }]),
  'files of messages': (db, id) => listMediaOfMessages(db, [id]),
  'what must end': (db, id) => mustEnd(db, [id]),
  'a store of deltas': (db, id) => storeDeltas(db, [{ messageId: id, epoch: 1, n: 1, upto: 1, chunks: [[]] }]),
}

/** The statements that `work` runs, with the query's parameters as any values. */
async function statementsOf(database: Database, work: (db: Database['db']) => Promise<unknown>): Promise<string[]> {
  const said: string[] = []
  const { dialect } = database.db as unknown as { dialect: { sqlToQuery(...given: unknown[]): { sql: string } } }
  const make = dialect.sqlToQuery
  dialect.sqlToQuery = function (...given) {
    const query = make.apply(this, given)
    said.push(query.sql)
    return query
  }
  try { await work(database.db) }
  finally { dialect.sqlToQuery = make }
  return said
}

/** A query text with its parameters filled in by any id, for EXPLAIN. */
const filledIn = (text: string) => sql.raw(text.replace(/\$\d+|\?/g, (parameter, at: number) => /(limit|depth <) $/.test(text.slice(0, at)) ? '50' : text.startsWith('::text::json', at + parameter.length) ? '\'[]\'' : `'${newId()}'`))

describe.each(dialects)('on %s', (dialect) => {
  const plansOf = async (database: Database, ask: (db: Database['db'], id: string) => Promise<unknown>): Promise<string[]> => {
    const statements = await statementsOf(database, async q => ask(q, newId()))
    expect(statements.length).toBeGreaterThan(0)
    // Postgres' own choice for an empty table, as db/open.postgres.ts has it choose.
    return Promise.all(statements.map(async statement =>
      JSON.stringify(await rows(database.db, sql`${sql.raw(dialect === 'sqlite' ? 'explain query plan' : 'explain')} ${filledIn(statement)}`))))
  }

  it.each(Object.entries(asked))('%s: by an index of what is open', (_, ask) => withDatabase(dialect, async (database) => {
    for (const plan of await plansOf(database, ask)) {
      expect(plan).not.toMatch(/SCAN (message|m)\b|Seq Scan on (message|media)/)
      expect(plan).toMatch(/message_open|message_one_writing/)
    }
  }))

  it.each(Object.entries(byKeys))('%s: by keys', (_, ask) => withDatabase(dialect, async (database) => {
    for (const plan of await plansOf(database, ask)) expect(plan).not.toMatch(/SCAN (message|media|m|f)\b(?! USING)|Seq Scan on|Hash (\w+ )?Join|message_open/)
  }))

  if (dialect === 'sqlite') return
  it('a model’s line: by keys', () => withDatabase(dialect, async (database) => {
    for (const plan of await plansOf(database, db => line(db, 'demo'))) expect(plan).not.toMatch(/Seq Scan on/)
  }))
})
