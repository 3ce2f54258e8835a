/** Change commands: each takes effect once, in one transaction, whatever is sent again; the news goes out after the commit. */
import { answerCommand, buryIds, buried, takeCommand, type CommandRow } from '../../db/queries/commands.ts'
import { lockConversation, removeConversation, takeSeq, type ConversationPatch } from '../../db/queries/conversations.ts'
import { listMediaOfConversation, listPrefixesOfConversation } from '../../db/queries/media.ts'
import { lockAsker, messageIds } from '../../db/queries/messages.ts'
import { chosenModel, rememberModel } from '../../db/queries/chosen-models.ts'
import type { Tx } from '../../db/database.ts'
import { isForeignKeyViolation } from '../../db/query-error.ts'
import { together } from '../../db/together.ts'
import type { Answer, ChangeCommand, CommandOf } from '../../shared/protocol.ts'
import { atMost } from '../at-most.ts'
import type { Services } from '../services.ts'
import { asOwn, type SessionUser } from './access.ts'
import { asksForReply, refusalOf } from './allowance.ts'
import { AppError } from './errors.ts'
import { editMessage, leafThrough, regenerateReply, retryReply, sendMessage, stopReply, type Effect } from './messages.ts'
import { removeObjects } from './remove-objects.ts'
import { announce } from './replies.ts'

/**
 * Commands carried out at the same time in this process. A hundred that come at once would otherwise all go before the
 * first one's reply is begun, in the database's line and in the processor's.
 */
const atOnce = atMost(8)

/**
 * Carries a command out, once.
 * @throws AppError when it is refused; nothing has happened then, and the command may be sent again.
 */
export async function runCommand(services: Services, user: SessionUser, command: ChangeCommand): Promise<Answer> {
  const effect = await atOnce(() => run(services, user, command))
  await tell(services, user, command, effect)
  return effect.answer
}

async function run(services: Services, user: SessionUser, command: ChangeCommand): Promise<Effect> {
  const models = await modelsFor(services, user, command)
  const effect = await services.database.db.transaction(async (tx): Promise<Effect> => {
    const { before, refusal } = await begin(services, tx, user, command)
    if (before) {
      if (before.userId !== user.id || !before.answer) throw new AppError('id_not_usable', { field: 'id' })
      return { answer: before.answer, conversation: null }
    }
    if (refusal) throw refusal
    const done = await carryOut(services, tx, user, command, models)
    await answerCommand(tx, command.id, done.answer)
    return done
  })
  services.log.info({ commandId: command.id, type: command.type, userId: user.id, ...effect.answer, ...(effect.conversation || effect.stop ? {} : { again: true }) }, 'command')
  return effect
}

/** What was answered to this command before, or why it is refused, if either. */
async function begin(services: Services, tx: Tx, user: SessionUser, command: ChangeCommand): Promise<{ before: CommandRow | undefined, refusal: AppError | null }> {
  const [there, before, refusal] = await together(
    // First, so that of two requests of one moment only one has the last of what is allowed; and a guest who is just becoming a user is waited for.
    lockAsker(tx, user.id),
    takeCommand(tx, command.id, user.id),
    asksForReply.has(command.type) ? refusalOf(services, tx, user) : Promise.resolve(null),
  ).catch((error: unknown) => { throw isForeignKeyViolation(error) ? new AppError('not_signed_in') : error })
  if (!there) throw new AppError('not_signed_in')
  return { before, refusal }
}

interface CommandModels { model: string, conversationModel: string }

/**
 * The model that writes the reply this command asks for, and the one its conversation goes on with: looked up before the
 * transaction, which may not wait for anything but the database.
 */
async function modelsFor(services: Services, user: SessionUser, command: ChangeCommand): Promise<CommandModels> {
  const both = (model: string): CommandModels => ({ model, conversationModel: model })
  const chosen = async () => await chosenModel(services.database.db, user.id, command.conversationId) ?? await services.models.defaultId()
  if (!('model' in command) || !command.model) {
    const asks = command.type === 'message.send' || command.type === 'message.edit' || command.type === 'reply.regenerate' || command.type === 'reply.retry'
    return both(asks ? await chosen() : '')
  }
  // A model that isn't on offer is refused here rather than in a reply that can only fail.
  const { info } = await services.models.open(command.model)
  if (!info.draws) return both(info.id)
  if (command.type === 'conversation.change') throw new AppError('model_not_found', { field: 'model', details: { model: info.label } })
  return { model: info.id, conversationModel: await chosen() }
}

function carryOut(services: Services, tx: Tx, user: SessionUser, command: ChangeCommand, { model, conversationModel }: CommandModels): Promise<Effect> {
  const asked = { tx, user, model, conversationModel }
  switch (command.type) {
    case 'message.send': return sendMessage(services, asked, command)
    case 'message.edit': return editMessage(services, asked, command)
    case 'reply.regenerate': return regenerateReply(services, asked, command)
    case 'reply.retry': return retryReply(services, asked, command)
    case 'reply.stop': return stopReply(services, asked, command)
    case 'conversation.change': return changeConversation(tx, user, command, model)
    case 'conversation.delete': return deleteConversation(services, tx, user, command)
  }
}

async function changeConversation(tx: Tx, user: SessionUser, command: CommandOf<'conversation.change'>, model: string): Promise<Effect> {
  const locked = await lockConversation(tx, command.conversationId)
  if (!locked) await refuseDeleted(tx, command.conversationId)
  const conversation = asOwn(locked, user)
  const { title, instructions, pinned, archived, activeMessageId } = command
  const patch: ConversationPatch = {
    ...(title === undefined ? {} : { title, titledBy: 'person' as const }),
    ...(instructions === undefined ? {} : { instructions }),
    ...(pinned === undefined ? {} : { pinnedAt: pinned ? new Date() : null }),
    ...(archived === undefined ? {} : { archivedAt: archived ? new Date() : null }),
    ...(model === '' ? {} : { model }),
    ...(activeMessageId === undefined ? {} : { activeMessageId: await leafThrough(tx, conversation, activeMessageId) }),
  }
  if (model !== '') await rememberModel(tx, user.id, model)
  const changed = await takeSeq(tx, conversation.id, patch)
  if (!changed) throw new AppError('conversation_not_found')
  return { answer: { conversationId: changed.id, seq: changed.seq }, conversation: changed }
}

/** Media of one conversation that get a tombstone; a bound no conversation comes near. */
const mostMedia = 100_000

/** Rows go at once, objects by a job of the same transaction that is tried until they are gone; the ids stay as tombstones. */
async function deleteConversation(services: Services, tx: Tx, user: SessionUser, command: CommandOf<'conversation.delete'>): Promise<Effect> {
  const answer = { conversationId: command.conversationId, seq: 0 }
  const locked = await lockConversation(tx, command.conversationId)
  if (!locked && (await buried(tx, [command.conversationId])).length > 0) return { answer, conversation: null }
  const conversation = asOwn(locked, user)
  const media = await listMediaOfConversation(tx, conversation.id, mostMedia)
  const prefixes = await listPrefixesOfConversation(tx, conversation.id)
  const messages = await messageIds(tx, conversation.id)
  await buryIds(tx, [conversation.id, ...messages, ...media.map(item => item.id)])
  await removeConversation(tx, conversation.id)
  await removeObjects(services.queue, tx, prefixes)
  return { answer, conversation }
}

async function refuseDeleted(tx: Tx, id: string): Promise<void> {
  if ((await buried(tx, [id])).length > 0) throw new AppError('deleted')
}

async function tell(services: Services, user: SessionUser, command: ChangeCommand, effect: Effect): Promise<void> {
  if (command.type === 'conversation.delete') {
    if (effect.conversation) await services.bus.publish({ type: 'deleted', conversationId: command.conversationId, userId: user.id })
    return
  }
  for (const messageId of effect.stop ?? []) await services.bus.publish({ type: 'stop', messageId })
  if (effect.conversation) await announce(services, effect.conversation, effect.model)
}
