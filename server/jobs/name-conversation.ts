/** Gives a conversation a title after its first reply, unless a person gave it one. */
import { findConversation, lockConversation, takeSeq } from '../../db/queries/conversations.ts'
import { branch } from '../../db/queries/messages.ts'
import { announce } from '../domain/replies.ts'
import { titleFor, titleFromWords } from '../models/title.ts'
import type { JobPayload } from '../queue/job-types.ts'
import type { JobContext } from '../queue/queue.ts'
import type { Services } from '../services.ts'

export async function nameConversation(services: Services, { conversationId }: JobPayload<'name-conversation'>, { signal }: JobContext): Promise<void> {
  const { db } = services.database
  const conversation = await findConversation(db, conversationId)
  if (!conversation?.activeMessageId || conversation.titledBy !== 'nobody') return
  const [asked, answered] = await branch(db, conversation.activeMessageId, 100)
  if (!conversation.model || !asked || !answered?.parts.length) return
  const model = await services.models.open(conversation.model)
  // A picture tells a language model nothing: then the words it was made of are the title.
  const title = 'image' in model || !answered.content ? titleFromWords(asked.content) : await titleFor(model, { user: asked.content, assistant: answered.content }, signal)
  if (!title) return
  const changed = await db.transaction(async (tx) => {
    const locked = await lockConversation(tx, conversationId)
    return locked?.titledBy === 'nobody' ? takeSeq(tx, conversationId, { title, titledBy: 'model' }) : undefined
  })
  if (changed) await announce(services, changed)
}
