import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newId } from '../../../shared/ids.ts'
import type { ConversationView, MessageView } from '../../../shared/conversation.ts'
import type { LiveEvent } from '../../../shared/protocol.ts'
import { applyEvent, applyPage, applySnapshot, branchOf, emptyConversation, positionOf, viewMessage, type ConversationState } from '../../../utils/apply-event.ts'
import { makeConversation, makeMessage } from './fixtures.ts'

const conversationId = newId()
const [question, reply, otherReply, followUp] = [newId(), newId(), newId(), newId()]

const conversation = (change: Partial<ConversationView> = {}) => makeConversation({ id: conversationId, ...change })
const message = (change: Partial<MessageView>) => makeMessage({ conversationId, ...change })
const changed = (after: number, seq: number, messages: MessageView[], change: Partial<ConversationView> = {}): LiveEvent =>
  ({ type: 'conversation.changed', after, conversation: conversation({ seq, activeMessageId: reply, ...change }), messages, whole: true })
const delta = (n: number, text: string, { epoch = 1, upto = n } = {}): LiveEvent =>
  ({ type: 'reply.delta', conversationId, messageId: reply, epoch, n, upto, chunks: [{ type: 'text-delta', id: 't', delta: text }] })

const apply = (state: ConversationState, ...events: LiveEvent[]) => events.reduce(applyEvent, state)
const opened = () => apply(emptyConversation(), changed(0, 1, [
  message({ id: question, role: 'user', seq: 1 }),
  message({ id: reply, parentId: question, status: 'waiting', seq: 1 }),
]))
const textOfReply = (state: ConversationState) => viewMessage(state, reply)?.content

describe('the state of a conversation', () => {
  it('shows deltas in order and says that the reply is being written before its row does', () => {
    const state = apply(opened(), delta(1, 'Hel'), delta(2, 'lo'))
    expect(textOfReply(state)).toBe('Hello')
    expect(viewMessage(state, reply)?.status).toBe('writing')
    expect(positionOf(state)).toEqual({ after: 1, cursors: { [reply]: { epoch: 1, n: 2 } } })
  })

  it('takes each delta once, whatever is doubled or late', () => {
    const state = apply(opened(), delta(1, 'a'), delta(2, 'b'), delta(1, 'a'), delta(2, 'b'), delta(3, 'c'))
    expect(textOfReply(state)).toBe('abc')
    expect(state.needs).toBe('nothing')
  })

  it('asks again when a delta is missing, and keeps what it has', () => {
    const state = apply(opened(), delta(1, 'a'), delta(3, 'c'))
    expect(textOfReply(state)).toBe('a')
    expect(state.needs).toBe('follow')
  })

  it('drops the old text when a higher epoch begins, and ignores the lower one from then on', () => {
    const state = apply(opened(), delta(1, 'old'), delta(1, 'new', { epoch: 2 }), delta(2, 'old'))
    expect(textOfReply(state)).toBe('new')
  })

  it('goes on from the stored text of a row that is further than what it read', () => {
    const row = message({ id: reply, parentId: question, status: 'writing', seq: 2, cursor: { epoch: 1, n: 4 }, parts: [{ type: 'text', text: 'abcd', state: 'streaming' }], content: 'abcd' })
    const state = apply(opened(), delta(1, 'a'), changed(1, 2, [row]), delta(5, 'e'))
    expect(viewMessage(state, reply)?.parts).toEqual([{ type: 'text', text: 'abcde', state: 'streaming' }])
  })

  it('keeps what it read beyond a row', () => {
    const row = message({ id: reply, parentId: question, status: 'writing', seq: 2, cursor: { epoch: 1, n: 1 }, parts: [{ type: 'text', text: 'a', state: 'streaming' }], content: 'a' })
    expect(textOfReply(apply(opened(), delta(1, 'a'), delta(2, 'b'), changed(1, 2, [row])))).toBe('ab')
  })

  it('shows the retrying row of the same epoch as it is', () => {
    const row = message({ id: reply, parentId: question, status: 'retrying', seq: 2, cursor: { epoch: 1, n: 0 } })
    expect(viewMessage(apply(opened(), delta(1, 'a'), changed(1, 2, [row])), reply)?.status).toBe('retrying')
  })

  it('lets the closed row win over everything that was streamed', () => {
    const row = message({ id: reply, parentId: question, status: 'done', seq: 2, content: 'final', parts: [{ type: 'text', text: 'final' }], cursor: { epoch: 1, n: 9 } })
    const state = apply(opened(), delta(1, 'a'), changed(1, 2, [row]), delta(2, 'b'))
    expect(textOfReply(state)).toBe('final')
    expect(state.live).toEqual({})
  })

  it('asks for changes it missed, and ignores changes it knows', () => {
    const state = opened()
    expect(apply(state, changed(3, 4, [])).needs).toBe('follow')
    expect(apply(state, changed(0, 1, []))).toBe(state)
  })

  it('opens anew when there was more than could be told, or the active message is unknown', () => {
    expect(apply(opened(), { ...changed(1, 9, []), whole: false } as LiveEvent).needs).toBe('snapshot')
    expect(apply(opened(), changed(1, 2, [], { activeMessageId: newId() })).needs).toBe('snapshot')
  })

  it('shows the branch of the active message, and knows the versions beside it', () => {
    const version = message({ id: otherReply, parentId: question, status: 'done', seq: 2 })
    const state = apply(opened(), changed(1, 2, [version], { activeMessageId: otherReply }))
    expect(branchOf(state)).toEqual([question, otherReply])
    expect(state.versions[question]).toEqual([reply, otherReply].sort())
  })

  it('puts older pages before what it has', () => {
    const state = applySnapshot(emptyConversation(), {
      conversation: conversation({ seq: 5, activeMessageId: followUp }), more: true, siblings: { [followUp]: [followUp] },
      messages: [message({ id: followUp, role: 'user', parentId: reply, seq: 5 })],
    })
    const older = applyPage(state, { messages: [message({ id: question, role: 'user', seq: 1 }), message({ id: reply, parentId: question, seq: 2 })], siblings: { [reply]: [reply, otherReply] } })
    expect(branchOf(older)).toEqual([question, reply, followUp])
    expect(older.versions[question]).toEqual([reply, otherReply].sort())
  })

  it('keeps what was streamed when a snapshot of the same moment arrives late', () => {
    const state = apply(opened(), delta(1, 'a'), delta(2, 'b'))
    const again = applySnapshot(state, { conversation: conversation({ seq: 1, activeMessageId: reply }), messages: Object.values(opened().messages), siblings: {}, more: false })
    expect(textOfReply(again)).toBe('ab')
  })

  it('comes to the same text from any order, doubling and loss, once the gaps were asked for', () => {
    const told = [delta(1, 'a'), delta(2, 'b'), delta(3, 'cd', { upto: 4 }), delta(5, 'e')]
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 20 }), (order) => {
      const messy = apply(opened(), ...order.flatMap(index => told[index] ?? []))
      expect('abcde'.startsWith(textOfReply(messy) ?? '')).toBe(true)
      expect(textOfReply(apply(messy, ...told))).toBe('abcde')
    }))
  })
})
