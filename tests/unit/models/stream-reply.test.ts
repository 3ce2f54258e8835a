import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { assemble, type Chunk } from '../../../shared/chunks.ts'
import type { ReplyRun, ReplyTool } from '../../../server/models/reply-run.ts'
import { maxSteps, streamReply } from '../../../server/models/stream-reply.ts'

type Parts = LanguageModelV4StreamPart[]
const usage = { inputTokens: { total: 5, noCache: 5, cacheRead: 2, cacheWrite: 0 }, outputTokens: { total: 3, text: 2, reasoning: 1 } }
const finish = (unified: 'stop' | 'tool-calls' | 'length' | 'content-filter' | 'error' | 'interrupted' = 'stop'): LanguageModelV4StreamPart => ({ type: 'finish', finishReason: { unified, raw: unified }, usage })
const text = (delta: string): Parts => [{ type: 'text-start', id: 't' }, { type: 'text-delta', id: 't', delta }, { type: 'text-end', id: 't' }]
const call = (toolName: string, input: string, toolCallId = 'c1'): LanguageModelV4StreamPart => ({ type: 'tool-call', toolCallId, toolName, input })

const streaming = (parts: Parts) => new ReadableStream<LanguageModelV4StreamPart>({ start(controller) { for (const part of parts) controller.enqueue(part); controller.close() } })

/** A model that plays one list of parts for each call, the last again and again. */
function playing(...steps: (Parts | (() => ReadableStream<LanguageModelV4StreamPart>))[]) {
  const calls: LanguageModelV4CallOptions[] = []
  const model: LanguageModelV4 = {
    specificationVersion: 'v4', provider: 'test', modelId: 'test', supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('not used')),
    async doStream(options) {
      const step = steps[Math.min(calls.push(structuredClone({ ...options, abortSignal: undefined })), steps.length) - 1]!
      return { stream: typeof step === 'function' ? step() : streaming(step) }
    },
  }
  return { model, calls }
}

const tool = (more: Partial<ReplyTool> = {}): ReplyTool => ({ name: 'add', description: 'Adds.', inputSchema: z.strictObject({ a: z.number() }), effects: false, run: async () => ({ sum: 1 }), ...more })

function start(model: LanguageModelV4, more: Partial<ReplyRun> = {}) {
  const chunks: Chunk[] = []
  const done = streamReply({
    model: {
      info: { id: 'x:y', label: 'Y', provider: 'x', demo: false, draws: false, accepts: { image: false, audio: false, video: false, pdf: false }, gives: { tools: true, reasoning: true, image: false, speech: false } },
      language: model, fallback: null, silenceMs: 5000,
    },
    instructions: null,
    history: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }], media: [] }],
    tools: [],
    signal: new AbortController().signal,
    emit: (chunk) => { chunks.push(chunk) },
    saveMedia: async () => 'saved',
    beforeEffects: async () => {},
    ...more,
  })
  return { chunks, done }
}

describe('steps', () => {
  test('the output of a tool goes back to the model, with what it said and thought before', async () => {
    const { model, calls } = playing(
      [{ type: 'reasoning-start', id: 'r' }, { type: 'reasoning-delta', id: 'r', delta: 'hm' }, { type: 'reasoning-end', id: 'r', providerMetadata: { openai: { signed: 'yes' } } }, ...text('Let me see.'), call('add', '{"a":1}'), finish('tool-calls')],
      [...text('One.'), finish()],
    )
    const { chunks, done } = start(model, { tools: [tool()] })
    expect((await done).usage).toEqual({ inputTokens: 10, outputTokens: 6, reasoningTokens: 2, cachedInputTokens: 4 })
    expect(calls[0]!.tools).toEqual([expect.objectContaining({ name: 'add', inputSchema: expect.objectContaining({ required: ['a'] }) })])
    expect(calls[1]!.prompt.slice(1)).toEqual([
      { role: 'assistant', content: [
        { type: 'reasoning', text: 'hm', providerOptions: { openai: { signed: 'yes' } } },
        { type: 'text', text: 'Let me see.' },
        { type: 'tool-call', toolCallId: 'c1', toolName: 'add', input: { a: 1 } },
      ] },
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c1', toolName: 'add', output: { type: 'json', value: { sum: 1 } } }] },
    ])
    expect(chunks.map(({ type }) => type)).toEqual(['start-step', 'reasoning-start', 'reasoning-delta', 'reasoning-end', 'text-start', 'text-delta', 'text-end', 'tool-input-available', 'tool-output-available', 'finish-step', 'start-step', 'text-start', 'text-delta', 'text-end', 'finish-step'])
  })

  test('there are eight at most, and the last is called without a choice to use tools', async () => {
    const { model, calls } = playing([call('add', '{"a":1}'), finish('tool-calls')])
    await start(model, { tools: [tool()] }).done
    expect(calls).toHaveLength(maxSteps)
    expect(calls.map(({ toolChoice }) => toolChoice?.type)).toEqual([...Array.from({ length: maxSteps - 1 }, () => 'auto'), 'none'])
  })

  test.each([
    ['input that does not fit', call('add', '{"a":"one"}'), tool(), 'The input is not right'],
    ['input that is no JSON', call('add', '{"a":'), tool(), 'not JSON'],
    ['a tool nobody offers', call('subtract', '{}'), tool(), 'no tool called subtract'],
    ['a tool that throws, without telling why', call('add', '{"a":1}'), tool({ run: () => Promise.reject(new Error('password is 123')) }), 'The tool failed.'],
    ['output past all measure', call('add', '{"a":1}'), tool({ run: async () => 'x'.repeat(200_000) }), 'too long'],
  ])('%s is told to the page and the model, and the reply goes on', async (_, part, offered, words) => {
    const { model, calls } = playing([part, finish('tool-calls')], [...text('Sorry.'), finish()])
    const { chunks, done } = start(model, { tools: [offered] })
    await done
    expect(assemble([chunks]).parts).toContainEqual(expect.objectContaining({ type: 'dynamic-tool', state: 'output-error', errorText: expect.stringContaining(words) }))
    expect(calls[1]!.prompt.at(-1)).toMatchObject({ role: 'tool', content: [{ output: { type: 'error-text', value: expect.stringContaining(words) } }] })
    expect(JSON.stringify(calls[1]!.prompt)).not.toContain('password')
  })

  test('a tool with effects runs only after the writer was told, and not at all when that fails', async () => {
    const order: string[] = []
    const effects = tool({ effects: true, run: async () => { order.push('run'); return 1 } })
    const steps = [[call('add', '{"a":1}'), finish('tool-calls')], [...text('Done.'), finish()]] as const
    await start(playing([...steps[0]], [...steps[1]]).model, { tools: [effects], beforeEffects: async () => { await new Promise(setImmediate); order.push('told') } }).done
    expect(order).toEqual(['told', 'run'])
    const fenced = new Error('another writer has this reply')
    await expect(start(playing([...steps[0]]).model, { tools: [effects], beforeEffects: () => Promise.reject(fenced) }).done).rejects.toBe(fenced)
    expect(order).toEqual(['told', 'run'])
  })

  test('a stop while a tool runs ends the reply with the reason', async () => {
    const controller = new AbortController()
    const reason = new Error('stopped')
    const waiting = tool({ run: (_, { signal }) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => reject(signal.reason as Error)); controller.abort(reason) }) })
    await expect(start(playing([call('add', '{"a":1}'), finish('tool-calls')]).model, { tools: [waiting], signal: controller.signal }).done).rejects.toBe(reason)
  })
})

describe('what comes besides words', () => {
  test('files are stored before they are told, sources are told if a browser may follow them, raw parts are not', async () => {
    const { model } = playing([
      { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'AQID' } },
      { type: 'source', sourceType: 'url', id: 's', url: 'https://example.org', title: 'Example' },
      { type: 'source', sourceType: 'url', id: 'j', url: 'javascript:alert(1)' },
      { type: 'raw', rawValue: {} }, ...text('See.'), finish(),
    ])
    const saved: Uint8Array[] = []
    const { chunks, done } = start(model, { saveMedia: async ({ bytes }) => { saved.push(bytes); return 'm1' } })
    await done
    expect([...saved[0]!]).toEqual([1, 2, 3])
    expect(chunks.filter(({ type }) => type === 'data-media' || type === 'source-url')).toEqual([{ type: 'data-media', id: 'm1', data: { mediaId: 'm1' } }, { type: 'source-url', sourceId: 's', url: 'https://example.org', title: 'Example' }])
  })

  test('a store that fails is not told as a fault of the model', async () => {
    const full = new Error('the disk is full')
    const { model } = playing([{ type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'AQID' } }, finish()])
    await expect(start(model, { saveMedia: () => Promise.reject(full) }).done).rejects.toBe(full)
  })

  test('empty pieces are not told, and what a model left open is closed', async () => {
    const { chunks, done } = start(playing([{ type: 'text-start', id: 't' }, { type: 'text-delta', id: 't', delta: '' }, { type: 'text-delta', id: 't', delta: 'a' }, finish('length')]).model)
    expect((await done).ended).toBe('length')
    expect(chunks.map(({ type }) => type)).toEqual(['start-step', 'text-start', 'text-delta', 'text-end', 'finish-step'])
  })
})

describe('endings that are none', () => {
  const failing = (error: unknown) => () => new ReadableStream<LanguageModelV4StreamPart>({ start(controller) { for (const part of text('half')) controller.enqueue(part) }, pull(controller) { controller.error(error) } })
  test.each([
    ['a stream that ends without saying so', text('half'), 'reply_cut_off'],
    ['a stream that says it was interrupted', [...text('half'), finish('interrupted')], 'reply_cut_off'],
    ['an error part', [...text('half'), { type: 'error', error: { message: 'server fault', type: 'server_error' } }, finish('error')] as Parts, 'model_failed'],
    ['an end for an error nobody told', [...text('half'), finish('error')], 'model_failed'],
    ['a throw in the middle', failing(Object.assign(new TypeError('terminated'), { cause: new Error('other side closed') })), 'reply_cut_off'],
    ['a filter that let nothing through', [finish('content-filter')], 'model_refused'],
  ] as const)('%s', async (_, parts, code) => {
    await expect(start(playing(parts as Parts).model).done).rejects.toMatchObject({ name: 'ModelFault', code })
  })

  test('a model that ignores its signal is left all the same', async () => {
    const controller = new AbortController()
    const deaf: LanguageModelV4 = { ...playing([]).model, doStream: () => { setImmediate(() => controller.abort('enough')); return new Promise(() => {}) } }
    await expect(start(deaf, { signal: controller.signal }).done).rejects.toBe('enough')
    const mute = playing(() => new ReadableStream({ pull: () => new Promise(() => {}) }))
    const second = new AbortController()
    const { done } = start(mute.model, { signal: second.signal })
    setImmediate(() => second.abort('enough'))
    await expect(done).rejects.toBe('enough')
  })

  test('the provider’s stream is cancelled when the reply is stopped', async () => {
    const controller = new AbortController()
    let cancelled: unknown
    const { model } = playing(() => new ReadableStream({ cancel(reason) { cancelled = reason } }))
    const { done } = start(model, { signal: controller.signal })
    setImmediate(() => controller.abort('stop'))
    await expect(done).rejects.toBe('stop')
    expect(cancelled).toBe('stop')
  })
})
