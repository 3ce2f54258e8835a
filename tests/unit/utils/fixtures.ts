import { newId } from '../../../shared/ids.ts'
import type { ConversationView, MessageView } from '../../../shared/conversation.ts'

export const makeConversation = (change: Partial<ConversationView> = {}): ConversationView => ({
  id: newId(), title: 'A title', model: null, instructions: null, activeMessageId: null, pinnedAt: null, archivedAt: null,
  seq: 1, createdAt: 1, updatedAt: 1, busy: false, ...change,
})

export const makeMessage = (change: Partial<MessageView> = {}): MessageView => ({
  id: newId(), conversationId: newId(), parentId: null, role: 'assistant', messageType: 'text', content: '', parts: [], media: [], status: 'done',
  attempt: 1, cursor: { epoch: 0, n: 0 }, model: null, usage: null, error: null, attempts: [], nextTryAt: null, position: null,
  seq: 1, createdAt: 1, finishedAt: null, ...change,
})
