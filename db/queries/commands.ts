import { eq, lt } from 'drizzle-orm'
import { among, tablesOf, type Query, type Tx } from '../database.ts'
import { everyColumn, prepared, value, wholeRow } from '../prepared.ts'
import type { Tables } from '../tables.ts'
import type { Answer } from '../../shared/protocol.ts'

export type CommandRow = Tables['command']['$inferSelect']

/**
 * Takes the command for this transaction. Of two that run at once the second waits here until the first has committed.
 * The row of the first comes back when there was one; undefined means: it is yours to carry out.
 */
export async function takeCommand(tx: Tx, id: string, userId: string): Promise<CommandRow | undefined> {
  const { command } = tablesOf(tx)
  if ((await insertCommand(tx, wholeRow(command, { id, userId }))).length > 0) return undefined
  const [row] = await tx.select().from(command).where(eq(command.id, id))
  return row
}

const insertCommand = prepared((q) => {
  const { command } = tablesOf(q)
  return q.insert(command).values(everyColumn(command)).onConflictDoNothing().returning({ id: command.id })
})

const setAnswer = prepared((q) => {
  const { command } = tablesOf(q)
  return q.update(command).set({ answer: value('answer') }).where(eq(command.id, value('id')))
})

export const answerCommand = async (tx: Tx, id: string, answer: Answer): Promise<void> => void await setAnswer(tx, { id, answer })

export async function dropCommandsBefore(q: Query, moment: Date): Promise<void> {
  const { command } = tablesOf(q)
  await q.delete(command).where(lt(command.createdAt, moment))
}

/** How many rows one statement names at most: SQLite takes 32,766 values in one. */
const atOnce = 1000

export async function buryIds(tx: Tx, ids: readonly string[]): Promise<void> {
  const { tombstone } = tablesOf(tx)
  for (let at = 0; at < ids.length; at += atOnce)
    await tx.insert(tombstone).values(ids.slice(at, at + atOnce).map(id => ({ id }))).onConflictDoNothing()
}

/** Which of these ids were deleted. */
export const buried = async (q: Query, ids: readonly string[]): Promise<string[]> =>
  (await findTombstones(q, { ids: JSON.stringify(ids) })).map(row => row.id)

const findTombstones = prepared((q) => {
  const { tombstone } = tablesOf(q)
  return q.select({ id: tombstone.id }).from(tombstone).where(among(q, tombstone.id, value('ids')))
})
