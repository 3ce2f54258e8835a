/** Commands that are on their way, laid over what the server said: what the person did shows at once. Pure. */
import { isOpen, type MessageView } from '../shared/conversation.ts'
import type { ChangeCommand, CommandOf } from '../shared/protocol.ts'
import { withChange } from './conversation-rows.ts'
import { branchOf, leafBelow, type ConversationState } from './apply-event.ts'
import type { OutboxEntry } from './outbox.ts'

type Draft = Partial<MessageView> & Pick<MessageView, 'id' | 'conversationId' | 'parentId' | 'role' | 'createdAt'>

const draftMessage = (draft: Draft): MessageView => ({
  messageType: 'text', content: '', parts: [], media: [], status: 'done', attempt: 0, cursor: { epoch: 0, n: 0 }, model: null, usage: null,
  error: null, attempts: [], nextTryAt: null, position: null, seq: 0, finishedAt: null, ...draft,
})

function addMessage(state: ConversationState, message: MessageView): ConversationState {
  const key = message.parentId ?? ''
  const versions = state.versions[key] ?? []
  return {
    ...state,
    messages: { ...state.messages, [message.id]: message },
    versions: { ...state.versions, [key]: versions.includes(message.id) ? versions : [...versions, message.id] },
  }
}

const activate = (state: ConversationState, activeMessageId: string): ConversationState => {
  const { conversation } = state
  return conversation ? { ...state, conversation: { ...conversation, activeMessageId } } : state
}

/** A waiting reply is promised only once the message is really on its way. */
const isUnderWay = (entry: OutboxEntry) => entry.state === 'sending' || entry.state === 'accepted'

function addReply(state: ConversationState, entry: OutboxEntry, reply: { id: string, parentId: string, model: string | null }): ConversationState {
  if (!isUnderWay(entry) || state.messages[reply.id]) return state
  const { conversationId } = entry.command
  return activate(addMessage(state, draftMessage({ ...reply, conversationId, role: 'assistant', status: 'waiting', createdAt: entry.at })), reply.id)
}

function addWritten(state: ConversationState, entry: OutboxEntry, command: CommandOf<'message.send' | 'message.edit'>, parentId: string | null): ConversationState {
  const { conversationId, messageId, replyId, content } = command
  if (state.messages[messageId]) return state
  const messageType = entry.media[0]?.type ?? 'text'
  const message = draftMessage({
    id: messageId, conversationId, parentId, role: 'user', messageType, content, parts: content ? [{ type: 'text', text: content }] : [], media: entry.media, createdAt: entry.at,
  })
  const written = activate(addMessage(state, message), messageId)
  return addReply(written, entry, { id: replyId, parentId: messageId, model: command.model ?? null })
}

function applyRegenerate(state: ConversationState, entry: OutboxEntry, command: CommandOf<'reply.regenerate'>): ConversationState {
  const old = state.messages[command.messageId]
  if (!old) return state
  const parentId = old.role === 'assistant' ? old.parentId : old.id
  return parentId ? addReply(state, entry, { id: command.replyId, parentId, model: command.model ?? null }) : state
}

function applyRetry(state: ConversationState, entry: OutboxEntry, messageId: string): ConversationState {
  const reply = state.messages[messageId]
  if (!reply || isOpen(reply.status) || !isUnderWay(entry)) return state
  return { ...state, messages: { ...state.messages, [messageId]: { ...reply, status: 'waiting', error: null, parts: [], content: '' } } }
}

function applyConversationChange(state: ConversationState, entry: OutboxEntry, command: CommandOf<'conversation.change'>): ConversationState {
  if (!state.conversation) return state
  const { activeMessageId } = command
  const changed = withChange(state.conversation, command, entry.at)
  if (activeMessageId && state.messages[activeMessageId]) {
    const leaf = leafBelow(state, activeMessageId)
    if (state.messages[leaf]) changed.activeMessageId = leaf
  }
  return { ...state, conversation: changed }
}

function lay(state: ConversationState, entry: OutboxEntry): ConversationState {
  const { command } = entry
  switch (command.type) {
    case 'message.send': return addWritten(state, entry, command, branchOf(state).at(-1) ?? null)
    case 'message.edit': return addWritten(state, entry, command, state.messages[command.editedId]?.parentId ?? null)
    case 'reply.regenerate': return applyRegenerate(state, entry, command)
    case 'reply.retry': return applyRetry(state, entry, command.messageId)
    case 'conversation.change': return entry.state === 'refused' ? state : applyConversationChange(state, entry, command)
    default: return state
  }
}

const beginning = (entry: OutboxEntry): ConversationState['conversation'] => ({
  id: entry.command.conversationId, title: null, model: null, instructions: null, activeMessageId: null,
  pinnedAt: null, archivedAt: null, seq: 0, createdAt: entry.at, updatedAt: entry.at, busy: false,
})

/** The state as the person should see it, with `entries` (all of this conversation, oldest first) laid over it. */
export function withPending(state: ConversationState, entries: readonly OutboxEntry[]): ConversationState {
  if (entries.length === 0) return state
  const first = entries.find(entry => entry.command.type === 'message.send')
  const base = !state.conversation && first ? { ...state, conversation: beginning(first) } : state
  return entries.reduce(lay, base)
}

/** The message whose fate a command decides, for marks beside it. */
export function messageOf(command: ChangeCommand): string | null {
  switch (command.type) {
    case 'message.send': case 'message.edit': case 'reply.retry': case 'reply.stop': return command.messageId
    case 'reply.regenerate': return command.replyId
    default: return null
  }
}
