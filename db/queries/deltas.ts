import { and, asc, eq, exists, gte, inArray, lt, sql } from 'drizzle-orm'
import { among, dialectOf, rows, tablesOf, type Query } from '../database.ts'
import { prepared, value } from '../prepared.ts'
import type { Chunk } from '../../shared/chunks.ts'

/** What one reply streamed since the last store: deltas `n` to `upto`, one list of chunks each. */
export interface StoredDeltas { messageId: string, epoch: number, n: number, upto: number, chunks: Chunk[][] }

/**
 * Stores what all replies of this process streamed, in one statement. Only replies that are still being written in that
 * epoch take it: the ids of those come back, and whoever isn't among them has lost its reply. A store whose answer was lost
 * may be done again, with what came since: an epoch has one writer. Each reply is looked up by its id (`cross join` and
 * `offset 0` say so): SQLite chose to read all that is being written once for each of them, and its JSON each time.
 */
export async function storeDeltas(q: Query, batch: readonly StoredDeltas[]): Promise<Set<string>> {
  const json = JSON.stringify(batch)
  const taken = dialectOf(q) === 'postgres'
    ? await rows<{ id: string }>(q, sql`
        insert into delta (message_id, epoch, n, upto, chunks)
        select v."messageId", v.epoch, v.n, v.upto, v.chunks
        from json_to_recordset(${json}::text::json) as v("messageId" text, epoch int, n int, upto int, chunks json)
        cross join lateral (select 1 from message m where m.id = v."messageId" and m.epoch = v.epoch and m.status = 'writing' offset 0) m
        on conflict (message_id, epoch, n) do update set upto = excluded.upto, chunks = excluded.chunks returning message_id as id`)
    : await rows<{ id: string }>(q, sql`
        insert into delta (message_id, epoch, n, upto, chunks)
        select v.value ->> 'messageId', v.value ->> 'epoch', v.value ->> 'n', v.value ->> 'upto', v.value -> 'chunks'
        from json_each(${json}) v
        cross join message m on m.id = v.value ->> 'messageId' and m.epoch = v.value ->> 'epoch' and m.status = 'writing'
        where true on conflict (message_id, epoch, n) do update set upto = excluded.upto, chunks = excluded.chunks returning message_id as id`)
  return new Set(taken.map(row => row.id))
}

/** Deltas of an epoch that hold anything from number `from` on, in order. */
export const deltasFrom = (q: Query, messageId: string, epoch: number, from: number): Promise<StoredDeltas[]> => deltasAfter(q, { messageId, epoch, from })

const deltasAfter = prepared((q) => {
  const { delta } = tablesOf(q)
  return q.select().from(delta).where(and(eq(delta.messageId, value('messageId')), eq(delta.epoch, value('epoch')), gte(delta.upto, value('from')))).orderBy(asc(delta.n))
})

/** The deltas of these messages, of every epoch, in order. */
export const deltasOf = async (q: Query, messageIds: readonly string[]): Promise<StoredDeltas[]> =>
  messageIds.length > 0 ? deltasAmong(q, { messageIds: JSON.stringify(messageIds) }) : []

const deltasAmong = prepared((q) => {
  const { delta } = tablesOf(q)
  return q.select().from(delta).where(among(q, delta.messageId, value('messageIds'))).orderBy(asc(delta.n))
})

const dropOf = prepared((q) => {
  const { delta } = tablesOf(q)
  return q.delete(delta).where(eq(delta.messageId, value('messageId')))
})

export const dropDeltas = async (q: Query, messageId: string): Promise<void> => void await dropOf(q, { messageId })

/** Deltas of takes before this one. */
export async function dropOldDeltas(q: Query, messageId: string, epoch: number): Promise<void> {
  const { delta } = tablesOf(q)
  await q.delete(delta).where(and(eq(delta.messageId, messageId), lt(delta.epoch, epoch)))
}

/** Deltas of replies that have ended: a writer that lost its reply may have left some. */
export async function dropStrayDeltas(q: Query): Promise<void> {
  const { delta, message } = tablesOf(q)
  await q.delete(delta).where(exists(q.select({ id: message.id }).from(message)
    .where(and(eq(message.id, delta.messageId), inArray(message.status, ['done', 'stopped', 'failed'])))))
}
