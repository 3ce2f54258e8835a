import { count } from 'drizzle-orm'
import type { Status } from '../../shared/conversation.ts'
import { tablesOf, type Query } from '../database.ts'
import { isOpenRow } from './messages.ts'

/** How many replies are open, by status. */
export async function countOpenReplies(q: Query): Promise<Map<Status, number>> {
  const { message } = tablesOf(q)
  const rows = await q.select({ status: message.status, count: count() }).from(message).where(isOpenRow(message)).groupBy(message.status)
  return new Map(rows.map(row => [row.status, row.count]))
}
