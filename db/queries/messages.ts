import { and, asc, eq, gt, inArray, isNull, sql, type SQL } from 'drizzle-orm'
import { among, dialectOf, rows, tablesOf, type Query, type Tx } from '../database.ts'
import { everyColumn, prepared, preparedUpdate, value, wholeRow } from '../prepared.ts'
import { together } from '../together.ts'
import type { Tables } from '../tables.ts'

export type MessageRow = Tables['message']['$inferSelect']
export type NewMessage = Tables['message']['$inferInsert']
export type MessagePatch = Partial<Omit<NewMessage, 'id' | 'conversationId' | 'bornSeq' | 'epoch'>>

type Message = Tables['message']

/** As the indexes of open replies say it (db/tables.ts): in literals, since SQLite would read every message otherwise. */
export const isOpenRow = ({ status }: Message): SQL => sql`(${status} = 'waiting' or ${status} = 'writing' or ${status} = 'retrying')`
const isIn = ({ status }: Message, one: 'waiting' | 'writing' | 'retrying'): SQL => sql`${status} = ${sql.raw(`'${one}'`)}`

const messageById = prepared((q) => {
  const { message } = tablesOf(q)
  return q.select().from(message).where(eq(message.id, value('id')))
})

export const findMessage = async (q: Query, id: string): Promise<MessageRow | undefined> => (await messageById(q, { id }))[0]

const messagesAmong = prepared((q) => {
  const { message } = tablesOf(q)
  return q.select().from(message).where(among(q, message.id, value('ids')))
})

export const findMessages = async (q: Query, ids: readonly string[]): Promise<MessageRow[]> =>
  ids.length > 0 ? messagesAmong(q, { ids: JSON.stringify(ids) }) : []

const insertMessage = prepared((q) => {
  const { message } = tablesOf(q)
  return q.insert(message).values(everyColumn(message)).onConflictDoNothing().returning({ id: message.id })
})

/** False when a message with one of these ids exists: then some of them may be there, and the transaction is to be undone. */
export async function insertMessages(tx: Tx, rows: readonly NewMessage[]): Promise<boolean> {
  const { message } = tablesOf(tx)
  const made = await together(...rows.map(row => insertMessage(tx, wholeRow(message, row))))
  return made.every(ids => ids.length > 0)
}

const changeById = preparedUpdate((q, patch: MessagePatch) => {
  const { message } = tablesOf(q)
  return q.update(message).set(patch).where(eq(message.id, value('id'))).returning()
})

export const changeMessage = async (tx: Tx, id: string, patch: MessagePatch): Promise<MessageRow | undefined> => (await changeById(tx, patch, { id }))[0]

const takeById = preparedUpdate((q, patch: MessagePatch) => {
  const { message } = tablesOf(q)
  return q.update(message).set({ ...patch, status: 'writing', epoch: sql`${message.epoch} + 1`, attempt: sql`${message.attempt} + 1` })
    .where(and(eq(message.id, value('id')), inArray(message.status, ['waiting', 'retrying']))).returning()
})

/** Takes an open, unwritten reply: the epoch grows, so that writes of an earlier take are refused. Undefined when it isn't free. */
export const takeReply = async (tx: Tx, id: string, patch: MessagePatch): Promise<MessageRow | undefined> => (await takeById(tx, patch, { id }))[0]

const changeFenced = preparedUpdate((q, patch: MessagePatch) => {
  const { message } = tablesOf(q)
  return q.update(message).set(patch)
    .where(and(eq(message.id, value('fencedId')), eq(message.epoch, value('fencedEpoch')), eq(message.status, 'writing'))).returning()
})

/** The fence: changes a reply only for the writer of this epoch. Undefined tells the writer that it lost the reply. */
export const changeWriting = async (tx: Tx, { id, epoch }: { id: string, epoch: number }, patch: MessagePatch): Promise<MessageRow | undefined> =>
  (await changeFenced(tx, patch, { fencedId: id, fencedEpoch: epoch }))[0]

/** Messages of the conversation that changed after `seq`, oldest change first. */
export async function changedSince(q: Query, conversationId: string, seq: number, limit: number): Promise<MessageRow[]> {
  const { message } = tablesOf(q)
  return q.select().from(message).where(and(eq(message.conversationId, conversationId), gt(message.seq, seq)))
    .orderBy(asc(message.seq), asc(message.bornSeq)).limit(limit)
}

/** From where on changes of a conversation are wanted. */
export interface Since { conversationId: string, after: number }

/** Messages of several conversations that changed after what is told of each: for small steps, it has no limit. */
export const changedInAll = (q: Query, wanted: readonly Since[]): Promise<MessageRow[]> => changedAfterEach(q, { wanted: JSON.stringify(wanted) })

const changedAfterEach = prepared((q) => {
  const { message } = tablesOf(q)
  const json = value('wanted')
  // `offset 0` has Postgres look each conversation up by itself, in whatever state the table was when it made its plan.
  const ids = dialectOf(q) === 'postgres'
    ? sql`(select m.id from json_to_recordset(${json}::text::json) as v("conversationId" text, after int)
        cross join lateral (select id from message where conversation_id = v."conversationId" and seq > v.after offset 0) m)`
    : sql`(select m.id from json_each(${json}) v join message m on m.conversation_id = v.value ->> 'conversationId' and m.seq > v.value ->> 'after')`
  return q.select().from(message).where(sql`${message.id} in ${ids}`).orderBy(asc(message.seq), asc(message.bornSeq))
})

const upwards = prepared((q) => {
  const { message } = tablesOf(q)
  const ids = sql`
    with recursive up(id, parent_id, depth) as (
      select id, parent_id, 1 from message where id = ${value('leafId')}
      union all
      select m.id, m.parent_id, up.depth + 1 from message m join up on m.id = up.parent_id where up.depth < ${value('limit')}
    ) select id from up`
  return q.select().from(message).where(dialectOf(q) === 'postgres' ? sql`${message.id} = any(array(${ids}))` : sql`${message.id} in (${ids})`)
})

/** The branch that ends at `leafId`, oldest first: at most `limit` messages, counted from the leaf. */
export async function branch(q: Query, leafId: string, limit: number): Promise<MessageRow[]> {
  const found = new Map((await upwards(q, { leafId, limit })).map(row => [row.id, row]))
  const rows: MessageRow[] = []
  for (let row = found.get(leafId); row; row = found.get(row.parentId ?? '')) rows.push(row)
  return rows.reverse()
}

/** The branch that ends at `leafId` from `fromId` on, oldest first: at most `limit` messages; none when `fromId` isn't on it. */
export async function branchFrom(q: Query, leafId: string, fromId: string, limit: number): Promise<MessageRow[]> {
  const ids = await rows<{ id: string }>(q, sql`
    with recursive up(id, parent_id, depth) as (
      select id, parent_id, 1 from message where id = ${leafId}
      union all
      select m.id, m.parent_id, up.depth + 1 from message m join up on m.id = up.parent_id where up.id <> ${fromId}
    ) select id from up order by depth desc limit ${limit}`)
  if (ids[0]?.id !== fromId) return []
  const found = new Map((await findMessages(q, ids.map(row => row.id))).map(row => [row.id, row]))
  return ids.flatMap(({ id }) => found.get(id) ?? [])
}

/** The leaf under a message that was made last; the message itself when nothing follows it. */
export async function latestLeaf(q: Query, id: string): Promise<string> {
  const [leaf] = await rows<{ id: string }>(q, sql`
    with recursive down(id, born_seq, assistant) as (
      select id, born_seq, case when role = 'assistant' then 1 else 0 end from message where id = ${id}
      union all
      select m.id, m.born_seq, case when m.role = 'assistant' then 1 else 0 end from message m join down on m.parent_id = down.id
    ) select id from down order by born_seq desc, assistant desc limit 1`)
  return leaf?.id ?? id
}

/** For each of the messages, the ids of all versions under its parent, oldest first. */
export async function siblingsOf(q: Query, conversationId: string, of: readonly MessageRow[]): Promise<Record<string, string[]>> {
  if (of.length === 0) return {}
  const { message } = tablesOf(q)
  const parents = [...new Set(of.flatMap(row => row.parentId ?? []))]
  const pick = { id: message.id, parentId: message.parentId }
  const found = parents.length > 0 ? await q.select(pick).from(message).where(among(q, message.parentId, parents)).orderBy(asc(message.bornSeq)) : []
  if (of.some(row => row.parentId === null))
    found.push(...await q.select(pick).from(message).where(and(eq(message.conversationId, conversationId), isNull(message.parentId))).orderBy(asc(message.bornSeq)))
  const byParent = Map.groupBy(found, row => row.parentId)
  return Object.fromEntries(of.map(row => [row.id, (byParent.get(row.parentId) ?? [row]).map(version => version.id)]))
}

// `exists` would let Postgres read all media once instead of looking up a message's.
const heldBack = prepared((q) => {
  const { message } = tablesOf(q)
  return q.select({ id: message.id }).from(message).where(and(eq(message.id, value('id')), sql`(
    exists (select 1 from message earlier where earlier.conversation_id = ${message.conversationId} and earlier.born_seq < ${message.bornSeq}
      and (earlier.status = 'waiting' or earlier.status = 'writing' or earlier.status = 'retrying'))
    or (select 1 from media where media.message_id = ${message.parentId} and media.status in ('uploading', 'processing') limit 1) is not null)`))
})

/** Whether something must end before this reply may be written: one asked for before it, or a file it is about that is still on its way to being usable. */
export const isHeldBack = async (q: Query, id: string): Promise<boolean> => (await heldBack(q, { id })).length > 0

const openOf = prepared((q) => {
  const { message } = tablesOf(q)
  return q.select().from(message).where(and(eq(message.conversationId, value('conversationId')), isOpenRow(message))).orderBy(asc(message.bornSeq))
})

export const openReplies = (q: Query, conversationId: string): Promise<MessageRow[]> => openOf(q, { conversationId })

export type WritingRow = Pick<MessageRow, 'id' | 'conversationId' | 'epoch' | 'writerId'>

/** Replies that somebody writes, or wrote until they died. */
export async function writingRows(q: Query): Promise<WritingRow[]> {
  const { message } = tablesOf(q)
  return q.select({ id: message.id, conversationId: message.conversationId, epoch: message.epoch, writerId: message.writerId })
    .from(message).where(isIn(message, 'writing'))
}

/** Of these replies, those that their writer must end: stopped by a person, or no longer its own. */
export async function mustEnd(q: Query, ids: readonly string[]): Promise<{ id: string, epoch: number, stopped: boolean }[]> {
  if (ids.length === 0) return []
  const { message } = tablesOf(q)
  const found = await q.select({ id: message.id, epoch: message.epoch, status: message.status, stop: message.stopRequestedAt }).from(message).where(among(q, message.id, ids))
  return found.map(row => ({ id: row.id, epoch: row.status === 'writing' ? row.epoch : -1, stopped: row.stop !== null }))
}

/** Waiting replies that nothing in their own conversation holds back, over all users, with the model each asks for. */
export async function idleWaiting(q: Query, limit: number): Promise<MessageRow[]> {
  const { message } = tablesOf(q)
  return q.select().from(message).where(and(isOpenRow(message), inArray(message.status, ['waiting', 'retrying']))).orderBy(asc(message.createdAt)).limit(limit)
}

/** When the next try of a reply that failed is due, over all users; null when none is. */
export async function nextRetryAt(q: Query): Promise<Date | null> {
  const { message } = tablesOf(q)
  const [next] = await q.select({ at: message.nextTryAt }).from(message).where(isIn(message, 'retrying')).orderBy(asc(message.nextTryAt)).limit(1)
  return next?.at ?? null
}

export async function countWriting(q: Query, model: string): Promise<number> {
  const { message } = tablesOf(q)
  const found = await q.select({ id: message.id }).from(message).where(and(isIn(message, 'writing'), eq(message.model, model)))
  return found.length
}

/**
 * Takes turns with everything else this user asks for, until the transaction ends; false when there is no such user. Rows
 * that only refer to the user don't wait for it. (SQLite's transactions take turns anyway.)
 */
export const lockAsker = async (tx: Tx, userId: string): Promise<boolean> => (await lockUser(tx, { userId })).length > 0

const lockUser = prepared((q) => {
  const { user } = tablesOf(q)
  const found = q.select({ id: user.id }).from(user).where(eq(user.id, value('userId')))
  return dialectOf(q) === 'postgres' ? found.for('no key update') : found
})

/** How many replies to this user are open. */
export const countOpenOf = async (q: Query, userId: string): Promise<number> => (await countOpen(q, { userId }))[0]?.n ?? 0

const countOpen = prepared((q) => {
  const { conversation, message } = tablesOf(q)
  return q.select({ n: sql<number>`cast(count(*) as integer)` }).from(message).innerJoin(conversation, eq(conversation.id, message.conversationId))
    .where(and(eq(conversation.userId, value('userId')), isOpenRow(message)))
})

export interface InLine { id: string, conversationId: string, userId: string }

/**
 * The waiting replies of a model in the order in which they get its free places. Fair between users: everyone's first
 * comes before anyone's second (what someone has being written counts as being first), and among those goes first
 * who was served longest ago. One that waits for something else (an earlier reply of its conversation, a file that is
 * being read) isn't in line, and holds nobody up.
 */
export async function line(q: Query, model: string): Promise<InLine[]> {
  return rows<InLine>(q, sql`
    with open as (
      select m.id, m.conversation_id, c.user_id, m.created_at, m.status, t.served_at,
        row_number() over (partition by c.user_id order by case when m.status = 'writing' then 0 else 1 end, m.created_at, m.id) as turn
      from message m join conversation c on c.id = m.conversation_id
      left join user_turn t on t.user_id = c.user_id and t.model = m.model
      where m.model = ${model} and (m.status = 'writing' or (m.status = 'waiting'
        and not exists (select 1 from message b where b.conversation_id = m.conversation_id and b.status in ('waiting', 'writing', 'retrying') and b.born_seq < m.born_seq)
        and (select 1 from media f where f.message_id = m.parent_id and f.status in ('uploading', 'processing') limit 1) is null))
    ) select id, conversation_id as "conversationId", user_id as "userId" from open
    where status = 'waiting' order by turn, case when served_at is null then 0 else 1 end, served_at, created_at, id`)
}

/** Takes turns with every other claim of this model until the transaction ends. */
export async function takeModelTurn(tx: Tx, model: string): Promise<void> {
  const { modelTurn } = tablesOf(tx)
  const takenAt = new Date()
  await tx.insert(modelTurn).values({ model, takenAt }).onConflictDoUpdate({ target: modelTurn.model, set: { takenAt } })
}

/** Notes that a user was given a place just now. */
export async function noteServed(tx: Tx, model: string, userId: string): Promise<void> {
  const { userTurn } = tablesOf(tx)
  const servedAt = new Date()
  await tx.insert(userTurn).values({ model, userId, servedAt }).onConflictDoUpdate({ target: [userTurn.model, userTurn.userId], set: { servedAt } })
}

/** Every message id of a conversation, for its tombstones. */
export async function messageIds(q: Query, conversationId: string): Promise<string[]> {
  const { message } = tablesOf(q)
  return (await q.select({ id: message.id }).from(message).where(eq(message.conversationId, conversationId))).map(row => row.id)
}

/** What follows what in a conversation, in the order in which messages were made. */
export async function outlineOf(q: Query, conversationId: string): Promise<Pick<MessageRow, 'id' | 'parentId'>[]> {
  const { message } = tablesOf(q)
  return q.select({ id: message.id, parentId: message.parentId }).from(message).where(eq(message.conversationId, conversationId)).orderBy(asc(message.bornSeq), asc(message.id))
}
