import { and, eq } from 'drizzle-orm'
import { tablesOf, type Query } from '../database.ts'

/** The model of the user's conversation, or else the one they chose last; null when nobody chose. */
export async function chosenModel(q: Query, userId: string, conversationId: string): Promise<string | null> {
  const { conversation, user } = tablesOf(q)
  const [own] = await q.select({ model: conversation.model }).from(conversation).where(and(eq(conversation.id, conversationId), eq(conversation.userId, userId)))
  if (own?.model) return own.model
  const [person] = await q.select({ model: user.model }).from(user).where(eq(user.id, userId))
  return person?.model ?? null
}

export async function rememberModel(q: Query, userId: string, model: string): Promise<void> {
  const { user } = tablesOf(q)
  await q.update(user).set({ model }).where(eq(user.id, userId))
}
