import { mountSuspended } from '@nuxt/test-utils/runtime'
import { expect, test } from 'vitest'
import ConversationView from '../../../components/conversation/ConversationView.vue'
import type { MessageView } from '../../../shared/conversation'

const message = (change: Partial<MessageView>): MessageView => ({
  id: 'q', conversationId: 'c', parentId: null, role: 'user', messageType: 'text', content: 'Why?', parts: [], media: [], status: 'done', attempt: 1, cursor: { epoch: 1, n: 0 },
  model: null, usage: null, error: null, attempts: [], nextTryAt: null, position: null, seq: 1, createdAt: 0, finishedAt: null, ...change,
})
const reply = (text: string, change: Partial<MessageView> = {}) => message({ id: 'r', parentId: 'q', role: 'assistant', content: text, parts: [{ type: 'text', text, state: 'streaming' }], status: 'writing', ...change })
const show = (messages: MessageView[]) => mountSuspended(ConversationView, { props: { conversationId: 'c', messages, siblings: {}, more: false, models: [], workers: 1 } })

test('a screen reader is told a reply once, when it has ended', async () => {
  const view = await show([message({}), reply('Be')])
  const told = () => view.get('.sr-only[aria-live="polite"]').text()
  expect(told()).toBe('')
  await view.setProps({ messages: [message({}), reply('Because')] })
  expect(told()).toBe('')
  await view.setProps({ messages: [message({}), reply('Because it is so.', { status: 'done' })] })
  expect(told()).toBe('Reply: Because it is so.')
  view.unmount()
})

test('a screen reader is told why a reply failed', async () => {
  const view = await show([message({}), reply('Be')])
  await view.setProps({ messages: [message({}), reply('Be', { status: 'failed', error: { code: 'model_busy', message: 'The model’s provider is busy.' } })] })
  expect(view.get('.sr-only[aria-live="polite"]').text()).toBe('The reply failed. The model’s provider is busy.')
  view.unmount()
})

test('an old conversation that is opened tells nothing', async () => {
  const view = await show([message({}), reply('Because.', { status: 'done' })])
  expect(view.get('.sr-only[aria-live="polite"]').text()).toBe('')
  view.unmount()
})

test('a message that was refused says why and offers both ways out', async () => {
  const view = await mountSuspended(ConversationView, { props: {
    conversationId: 'c', messages: [message({})], siblings: {}, more: false, models: [], workers: 1,
    deliveryOf: () => 'refused' as const, problemOf: () => ({ code: 'too_large' as const, message: 'That is too large to be taken.' }),
  } })
  expect(view.text()).toContain('That is too large to be taken.')
  for (const label of ['Try again', 'Discard']) await view.findAll('button').find(button => button.text() === label)?.trigger('click')
  expect(view.emitted()).toMatchObject({ sendAgain: [['q']], discard: [['q']] })
  view.unmount()
})

test('an empty conversation suggests what to say', async () => {
  const view = await show([])
  await view.findAll('button').find(button => button.text() === 'Draw a lighthouse at dusk')?.trigger('click')
  expect(view.emitted('suggest')).toEqual([['Draw a lighthouse at dusk']])
  view.unmount()
})
