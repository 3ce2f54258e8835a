/** The one place that checks ownership. What takes an `Owned<T>` can't be called with a row nobody checked. */
import { findConversation, lockConversation, type ConversationRow } from '../../db/queries/conversations.ts'
import { findMessage, type MessageRow } from '../../db/queries/messages.ts'
import type { Query, Tx } from '../../db/database.ts'
import { AppError } from './errors.ts'

/** The person a request or socket speaks for. */
export interface SessionUser {
  id: string
  username: string
  name: string
  guest: boolean
}

declare const checked: unique symbol
/** A row whose owner was checked against the asking user. */
export type Owned<T> = T & { readonly [checked]: true }

/** The conversation as the user's own. Someone else's and a missing one are the same `conversation_not_found`. */
export function asOwn(row: ConversationRow | undefined, user: Pick<SessionUser, 'id'>): Owned<ConversationRow> {
  if (!row || row.userId !== user.id) throw new AppError('conversation_not_found', { field: 'conversationId' })
  return row as Owned<ConversationRow>
}

export const ownConversation = async (q: Query, user: Pick<SessionUser, 'id'>, id: string): Promise<Owned<ConversationRow>> =>
  asOwn(await findConversation(q, id), user)

/** The same, with its row locked until the transaction ends. */
export const lockOwnConversation = async (tx: Tx, user: Pick<SessionUser, 'id'>, id: string): Promise<Owned<ConversationRow>> =>
  asOwn(await lockConversation(tx, id), user)

/** A message of a conversation that was checked; one of another conversation does not exist here. */
export async function ownMessage(q: Query, conversation: Owned<ConversationRow>, id: string, field = 'messageId'): Promise<Owned<MessageRow>> {
  const row = await findMessage(q, id)
  if (!row || row.conversationId !== conversation.id) throw new AppError('message_not_found', { field })
  return row as Owned<MessageRow>
}
