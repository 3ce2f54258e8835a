import { describe, expect, it } from 'vitest'
import { newId } from '../../../shared/ids.ts'
import type { ChangeCommand } from '../../../shared/protocol.ts'
import { layOverList, takeRow } from '../../../utils/conversation-rows.ts'
import type { OutboxEntry } from '../../../utils/outbox.ts'
import { makePace } from '../../../utils/upload-pace.ts'
import { makeConversation } from './fixtures.ts'

const entry = (command: ChangeCommand, change: Partial<OutboxEntry> = {}): OutboxEntry =>
  ({ command, userId: 'me', at: 50, notBefore: null, state: 'sending', problem: null, seq: null, media: [], ...change })
const row = makeConversation({ seq: 5, title: 'Old' })

describe('the rows of the list', () => {
  it('take what is newer and ignore what is older', () => {
    expect(takeRow([row], { ...row, seq: 6, title: 'New' })[0]?.title).toBe('New')
    expect(takeRow([row], { ...row, seq: 4, title: 'Older' })[0]?.title).toBe('Old')
    expect(takeRow([row], makeConversation())).toHaveLength(2)
  })

  it('show a rename, a pin and a delete before the server knows, and not after it refused', () => {
    const rename: ChangeCommand = { type: 'conversation.change', id: newId(), conversationId: row.id, title: 'Mine', pinned: true }
    expect(layOverList([row], [entry(rename)])[0]).toMatchObject({ title: 'Mine', pinnedAt: 50 })
    expect(layOverList([row], [entry(rename, { state: 'refused' })])[0]?.title).toBe('Old')
    expect(layOverList([row], [entry({ type: 'conversation.delete', id: newId(), conversationId: row.id }, { state: 'kept', notBefore: 99 })])).toEqual([])
  })

  it('list a conversation as soon as its first message is written', () => {
    const conversationId = newId()
    const send: ChangeCommand = { type: 'message.send', id: newId(), conversationId, messageId: newId(), replyId: newId(), content: 'hi', mediaIds: [] }
    expect(layOverList([row], [entry(send)]).map(one => [one.id, one.busy])).toEqual([[row.id, false], [conversationId, true]])
    // Kept here: nobody is writing a reply to it yet.
    expect(layOverList([], [entry(send, { state: 'kept' })])[0]?.busy).toBe(false)
  })
})

describe('the pace of an upload', () => {
  it('is told after a second, and follows the network', () => {
    const pace = makePace(10_000)
    expect(pace(0, 0)).toEqual({ bytesPerSecond: null, secondsLeft: null })
    expect(pace(500, 500).bytesPerSecond).toBeNull()
    expect(pace(1_000, 1_000)).toEqual({ bytesPerSecond: 1_000, secondsLeft: 9 })
    for (let second = 2; second < 8; second++) pace(1_000 + (second - 1) * 200, second * 1_000)
    expect(pace(2_400, 8_000).bytesPerSecond).toBe(200)
  })
})
