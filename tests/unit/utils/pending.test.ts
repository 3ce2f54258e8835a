import { describe, expect, it } from 'vitest'
import { newId } from '../../../shared/ids.ts'
import type { ChangeCommand } from '../../../shared/protocol.ts'
import { applySnapshot, branchOf, emptyConversation } from '../../../utils/apply-event.ts'
import type { OutboxEntry } from '../../../utils/outbox.ts'
import { withPending } from '../../../utils/pending.ts'
import { makeConversation, makeMessage } from './fixtures.ts'

const conversationId = newId()
const [question, reply] = [newId(), newId()]
const state = applySnapshot(emptyConversation(), {
  conversation: makeConversation({ id: conversationId, activeMessageId: reply, seq: 2 }), siblings: {}, more: false,
  messages: [
    makeMessage({ id: question, conversationId, role: 'user', seq: 1 }),
    makeMessage({ id: reply, conversationId, parentId: question, seq: 2, status: 'failed', error: { code: 'model_busy', message: 'Busy.' } }),
  ],
})
const entry = (command: ChangeCommand, change: Partial<OutboxEntry> = {}): OutboxEntry =>
  ({ command, userId: 'me', at: 5, notBefore: null, state: 'sending', problem: null, seq: null, media: [], ...change })
const send = () => ({ type: 'message.send' as const, id: newId(), conversationId, messageId: newId(), replyId: newId(), content: 'next', mediaIds: [] })

describe('what is on its way', () => {
  it('shows a sent message and its waiting reply at the end of the branch', () => {
    const command = send()
    const seen = withPending(state, [entry(command)])
    expect(branchOf(seen)).toEqual([question, reply, command.messageId, command.replyId])
    expect(seen.messages[command.replyId]?.status).toBe('waiting')
  })

  it('promises no reply to what is only kept', () => {
    const command = send()
    expect(branchOf(withPending(state, [entry(command, { state: 'kept' })]))).toEqual([question, reply, command.messageId])
  })

  it('lines up several messages one after the other', () => {
    const [one, two] = [send(), send()]
    expect(branchOf(withPending(state, [entry(one), entry(two, { state: 'kept' })]))).toEqual([question, reply, one.messageId, one.replyId, two.messageId])
  })

  it('begins a conversation that the server does not know yet', () => {
    const command = send()
    const seen = withPending(emptyConversation(), [entry(command)])
    expect(seen.conversation?.id).toBe(conversationId)
    expect(branchOf(seen)).toEqual([command.messageId, command.replyId])
  })

  it('steps back once the server has told of the message', () => {
    const command = send()
    const told = { ...state, messages: { ...state.messages, [command.messageId]: makeMessage({ id: command.messageId, content: 'told' }) } }
    expect(withPending(told, [entry(command)]).messages[command.messageId]?.content).toBe('told')
  })

  it('shows an edit as another version beside the first', () => {
    const command: ChangeCommand = { type: 'message.edit', id: newId(), conversationId, editedId: question, messageId: newId(), replyId: newId(), content: 'better', mediaIds: [] }
    const seen = withPending(state, [entry(command)])
    expect(branchOf(seen)).toEqual([command.messageId, command.replyId])
    expect(seen.versions['']).toEqual([question, command.messageId])
  })

  it('shows another try as waiting, and a new version under the same question', () => {
    const retry: ChangeCommand = { type: 'reply.retry', id: newId(), conversationId, messageId: reply }
    expect(withPending(state, [entry(retry)]).messages[reply]).toMatchObject({ status: 'waiting', error: null })
    const again: ChangeCommand = { type: 'reply.regenerate', id: newId(), conversationId, messageId: reply, replyId: newId() }
    expect(branchOf(withPending(state, [entry(again)]))).toEqual([question, again.replyId])
  })

  it('shows a changed title at once, and the old one when it was refused', () => {
    const command: ChangeCommand = { type: 'conversation.change', id: newId(), conversationId, title: 'New' }
    expect(withPending(state, [entry(command)]).conversation?.title).toBe('New')
    expect(withPending(state, [entry(command, { state: 'refused' })]).conversation?.title).toBe('A title')
  })
})
