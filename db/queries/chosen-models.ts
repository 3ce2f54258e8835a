import { and, eq } from 'drizzle-orm'
import { tablesOf, type Query } from '../database.ts'
import { prepared, value } from '../prepared.ts'

const modelOfConversation = prepared((q) => {
  const { conversation } = tablesOf(q)
  return q.select({ model: conversation.model }).from(conversation).where(and(eq(conversation.id, value('conversationId')), eq(conversation.userId, value('userId'))))
})

/** The model of the user's conversation, or else the one they chose last; null when nobody chose. */
export async function chosenModel(q: Query, userId: string, conversationId: string): Promise<string | null> {
  const { user } = tablesOf(q)
  const [own] = await modelOfConversation(q, { conversationId, userId })
  if (own?.model) return own.model
  const [person] = await q.select({ model: user.model }).from(user).where(eq(user.id, userId))
  return person?.model ?? null
}

export async function rememberModel(q: Query, userId: string, model: string): Promise<void> {
  const { user } = tablesOf(q)
  await q.update(user).set({ model }).where(eq(user.id, userId))
}
