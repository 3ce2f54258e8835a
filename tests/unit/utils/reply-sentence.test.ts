import { expect, test } from 'vitest'
import type { MessageView } from '../../../shared/conversation.ts'
import { placeInLine, replySentence } from '../../../utils/reply-sentence.ts'

const reply = (change: Partial<MessageView>): MessageView => ({
  id: 'r', conversationId: 'c', parentId: 'q', role: 'assistant', messageType: 'text', content: '', parts: [], media: [], status: 'waiting', attempt: 1, cursor: { epoch: 1, n: 0 },
  model: 'demo:parley', usage: null, error: null, attempts: [], nextTryAt: null, position: null, seq: 1, createdAt: 0, finishedAt: null, ...change,
})
const calm = { workers: 1, reading: [], now: 1_000_000 }
const say = (change: Partial<MessageView>, around = {}) => replySentence(reply(change), { ...calm, ...around })

test('places in line are words up to ten and numbers after', () => {
  expect([1, 2, 3, 10, 11, 12, 13, 21, 22, 23, 101, 111, 112].map(placeInLine)).toEqual([
    'Next in line', 'Second in line', 'Third in line', 'Tenth in line', '11th in line', '12th in line', '13th in line', '21st in line', '22nd in line', '23rd in line', '101st in line', '111th in line', '112th in line',
  ])
})

test('waiting says the place', () => expect(say({ position: 3 })).toEqual({ tone: 'busy', text: 'Third in line' }))

test('waiting without a worker says so before anything else', () => {
  expect(say({ position: 3 }, { workers: 0 })).toMatchObject({ tone: 'problem', text: expect.stringContaining('No worker is running') })
})

test('waiting for a file names it and how far it is', () => {
  expect(say({ position: 1 }, { reading: [{ name: 'talk.mp3', progress: 40.4 }] })?.text).toBe('Waiting for “talk.mp3” to be read (40 %)')
  expect(say({}, { reading: [{ name: 'a', progress: 0 }, { name: 'b', progress: 0 }] })?.text).toBe('Waiting for 2 files to be read')
})

test('retrying says why and counts down', () => {
  const busy = { status: 'retrying', nextTryAt: 1_007_200, error: { code: 'model_busy', message: 'The model’s provider is busy.' } } as const
  expect(say(busy)?.text).toBe('The model’s provider is busy. Trying again in 8 s.')
  expect(say(busy, { now: 1_007_200 })?.text).toBe('The model’s provider is busy. Trying again now.')
  expect(say(busy, { now: null })?.text).toBe('The model’s provider is busy. Trying again soon.')
})

test('writing is silent while text flows, and says what else it does', () => {
  expect(say({ status: 'writing' })?.text).toBe('Thinking…')
  expect(say({ status: 'writing', parts: [{ type: 'text', text: 'a', state: 'streaming' }] })?.text).toBe('')
  expect(say({ status: 'writing', parts: [{ type: 'dynamic-tool', toolName: 'search', toolCallId: 't', state: 'input-available', input: {} }] })?.text).toBe('Using search…')
})

test('what ended says how', () => {
  expect(say({ status: 'stopped', content: 'half' })?.text).toBe('Stopped here.')
  expect(say({ status: 'failed', error: { code: 'model_timed_out', message: 'The model took too long to answer.' } })).toEqual({ tone: 'problem', text: 'The model took too long to answer.' })
  expect(say({ status: 'done', parts: [{ type: 'text', text: 'a' }] })).toBeNull()
  expect(say({ status: 'done' })?.text).toContain('without writing anything')
})
