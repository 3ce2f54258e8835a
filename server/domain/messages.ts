/** Sending, editing, regenerating, trying again, stopping: each inside the command's transaction. */
import type { Tx } from '../../db/database.ts'
import { buried } from '../../db/queries/commands.ts'
import { lockConversation, startConversation, takeSeq, type ConversationPatch, type ConversationRow } from '../../db/queries/conversations.ts'
import { changeMessage, findMessages, insertMessages, latestLeaf, type MessageRow, type NewMessage } from '../../db/queries/messages.ts'
import { together } from '../../db/together.ts'
import { isOpen } from '../../shared/conversation.ts'
import type { Answer, CommandOf } from '../../shared/protocol.ts'
import type { Services } from '../services.ts'
import { asOwn, lockOwnConversation, ownMessage, type Owned, type SessionUser } from './access.ts'
import { AppError } from './errors.ts'
import { attachMedia } from './media.ts'
import { forgetSpeech } from './speech.ts'
import { closeUnwritten, nudgeReply } from './replies.ts'

/** What a command did: its answer, and what the bus is told after the commit. */
export interface Effect {
  answer: Answer
  conversation: ConversationRow | null
  /** Replies whose writer must end its model call. */
  stop?: string[]
  /** The model whose line changed. */
  model?: string | null
}

interface Asked {
  tx: Tx
  user: SessionUser
  /** Writes the reply. */
  model: string
  /** What the conversation goes on with: another one where `model` only draws. */
  conversationModel: string
}

/** A text as it is stored: no NUL (Postgres can't hold it), no halves of surrogate pairs. */
const cleaned = (content: string): string => content.replaceAll('\0', '\uFFFD').toWellFormed()

async function refuseDeleted(tx: Tx, ids: readonly string[]): Promise<void> {
  if ((await buried(tx, ids)).length > 0) throw new AppError('deleted')
}

/** The user's conversation, locked; made by its first message, unless one of these ids was deleted. */
async function ownOrStart({ tx, user, conversationModel }: Asked, id: string, ids: readonly string[]): Promise<Owned<ConversationRow>> {
  const [there] = await together(lockConversation(tx, id), refuseDeleted(tx, [id, ...ids]))
  const locked = there ?? await startConversation(tx, { id, userId: user.id, model: conversationModel })
  // Neither: somebody made it in between.
  return locked ? asOwn(locked, user) : lockOwnConversation(tx, user, id)
}

interface Exchange { messageId: string, replyId: string, content: string, mediaIds: string[] }

/** The same ids again under another command id: the first one's answer, or a refusal when the ids are somebody else's or used otherwise. */
async function repeated(tx: Tx, conversation: Owned<ConversationRow>, ids: { messageId?: string, replyId: string }): Promise<Answer | null> {
  const found = await findMessages(tx, Object.values(ids))
  const [message, reply] = [found.find(row => row.id === ids.messageId), found.find(row => row.id === ids.replyId)]
  if (!message && !reply) return null
  const ours = (row: MessageRow | undefined, role: MessageRow['role']) => row?.conversationId === conversation.id && row.role === role
  if (!ours(reply, 'assistant') || (ids.messageId && !(ours(message, 'user') && reply?.parentId === ids.messageId)))
    throw new AppError('id_not_usable', { field: message ? 'messageId' : 'replyId' })
  return { conversationId: conversation.id, ...ids, seq: conversation.seq }
}

/** The user's message under `parentId`, its media links, the empty reply and the job. */
async function addExchange(services: Services, asked: Asked, conversation: Owned<ConversationRow>, parentId: string | null, input: Exchange): Promise<Effect> {
  const { tx, user, conversationModel } = asked
  const again = await repeated(tx, conversation, { messageId: input.messageId, replyId: input.replyId })
  if (again) return { answer: again, conversation: null }
  const content = cleaned(input.content)
  const { messageId, replyId } = input
  // It is locked: nobody else takes this number.
  const seq = conversation.seq + 1
  const [taken, made] = await together(
    next(tx, conversation, { activeMessageId: replyId, updatedAt: new Date(), model: conversationModel }),
    insertMessages(tx, [{
      id: messageId, conversationId: conversation.id, parentId, role: 'user', content, status: 'done',
      parts: content ? [{ type: 'text', text: content }] : [], seq, bornSeq: seq, finishedAt: new Date(),
    }, emptyReply(asked, { id: conversation.id, seq }, messageId, replyId)]),
    nudgeReply(services, tx, replyId),
  )
  if (!made) throw new AppError('id_not_usable', { field: 'messageId' })
  const [first] = await attachMedia(tx, user, messageId, input.mediaIds)
  if (first) await changeMessage(tx, messageId, { filePath: first.filePath, ...(content ? {} : { messageType: first.type }) })
  return { answer: { conversationId: conversation.id, messageId, replyId, seq: taken.seq }, conversation: taken, model: asked.model }
}

const emptyReply = ({ model }: Asked, { id, seq }: Pick<ConversationRow, 'id' | 'seq'>, parentId: string, replyId: string): NewMessage =>
  ({ id: replyId, conversationId: id, parentId, role: 'assistant', status: 'waiting', model, seq, bornSeq: seq })

async function next(tx: Tx, conversation: Owned<ConversationRow>, patch: ConversationPatch = {}): Promise<Owned<ConversationRow>> {
  const taken = await takeSeq(tx, conversation.id, patch)
  if (!taken) throw new AppError('conversation_not_found')
  return taken as Owned<ConversationRow>
}

export async function sendMessage(services: Services, asked: Asked, input: CommandOf<'message.send'>): Promise<Effect> {
  const conversation = await ownOrStart(asked, input.conversationId, [input.messageId, input.replyId])
  return addExchange(services, asked, conversation, conversation.activeMessageId, input)
}

/** A new version of a user's message beside the old one, with a reply of its own. */
export async function editMessage(services: Services, asked: Asked, input: CommandOf<'message.edit'>): Promise<Effect> {
  await refuseDeleted(asked.tx, [input.conversationId, input.messageId, input.replyId])
  const conversation = await lockOwnConversation(asked.tx, asked.user, input.conversationId)
  const edited = await ownMessage(asked.tx, conversation, input.editedId, 'editedId')
  if (edited.role !== 'user') throw new AppError('message_not_found', { field: 'editedId' })
  return addExchange(services, asked, conversation, edited.parentId, input)
}

/** A new version of a reply beside the old one. */
export async function regenerateReply(services: Services, asked: Asked, input: CommandOf<'reply.regenerate'>): Promise<Effect> {
  const { tx, user, conversationModel } = asked
  await refuseDeleted(tx, [input.conversationId, input.replyId])
  const conversation = await lockOwnConversation(tx, user, input.conversationId)
  const old = await ownMessage(tx, conversation, input.messageId)
  if (old.role !== 'assistant' || !old.parentId) throw new AppError('message_not_found', { field: 'messageId' })
  const again = await repeated(tx, conversation, { replyId: input.replyId })
  if (again) return { answer: again, conversation: null }
  const taken = await next(tx, conversation, { activeMessageId: input.replyId, updatedAt: new Date(), model: conversationModel })
  if (!await insertMessages(tx, [emptyReply(asked, taken, old.parentId, input.replyId)])) throw new AppError('id_not_usable', { field: 'replyId' })
  await nudgeReply(services, tx, input.replyId)
  return { answer: { conversationId: conversation.id, replyId: input.replyId, seq: taken.seq }, conversation: taken, model: asked.model }
}

/** A failed or stopped reply is written anew in its place, with three fresh attempts. */
export async function retryReply(services: Services, asked: Asked, input: CommandOf<'reply.retry'>): Promise<Effect> {
  const { tx, user, model } = asked
  const conversation = await lockOwnConversation(tx, user, input.conversationId)
  const reply = await ownMessage(tx, conversation, input.messageId)
  if (reply.role !== 'assistant' || (reply.status !== 'failed' && reply.status !== 'stopped' && reply.status !== 'retrying')) throw new AppError('reply_not_failed')
  const taken = await next(tx, conversation, { updatedAt: new Date() })
  // It was the reading of other words.
  await forgetSpeech(services, tx, reply.id)
  await changeMessage(tx, reply.id, {
    status: 'waiting', attempt: 0, parts: [], content: '', error: null, usage: null, finishedAt: null, nextTryAt: null,
    stopRequestedAt: null, hadEffects: false, model, seq: taken.seq,
  })
  await nudgeReply(services, tx, reply.id)
  return { answer: { conversationId: conversation.id, replyId: reply.id, seq: taken.seq }, conversation: taken, model }
}

/** Ends an open reply. One that is being written is ended by its writer, which hears of it at once by the bus and at the latest from the row. */
export async function stopReply(services: Services, { tx, user }: Pick<Asked, 'tx' | 'user'>, input: CommandOf<'reply.stop'>): Promise<Effect> {
  const conversation = await lockOwnConversation(tx, user, input.conversationId)
  const reply = await ownMessage(tx, conversation, input.messageId)
  const answer = { conversationId: conversation.id, replyId: reply.id, seq: conversation.seq }
  if (!isOpen(reply.status)) return { answer, conversation: null }
  if (reply.status === 'writing') {
    await changeMessage(tx, reply.id, { stopRequestedAt: new Date() })
    return { answer, conversation: null, stop: [reply.id] }
  }
  let taken: ConversationRow | null = null
  await closeUnwritten(services, tx, reply, async () => (taken = await next(tx, conversation)).seq, 'stopped', null)
  return { answer, conversation: taken, model: reply.model }
}

/** The leaf of the branch that leads through a message. */
export async function leafThrough(tx: Tx, conversation: Owned<ConversationRow>, messageId: string): Promise<string> {
  const through = await ownMessage(tx, conversation, messageId, 'activeMessageId')
  return latestLeaf(tx, through.id)
}
