/** What every model must do, whatever stands behind the registry: run by tests/integration/models.*.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Chunk, assemble, textOf } from '../../shared/chunks.ts'
import { ModelInfo } from '../../shared/models.ts'
import type { ModelFault } from '../../server/models/fault.ts'
import type { ModelRegistry } from '../../server/models/registry.ts'
import type { HistoryMedia, ReplyResult, ReplyRun, SavedFile } from '../../server/models/reply-run.ts'
import { drawReply } from '../../server/models/draw-reply.ts'
import { streamReply } from '../../server/models/stream-reply.ts'
import { titleFor } from '../../server/models/title.ts'
import { openTools } from '../../server/tools/open.ts'
import sharp from 'sharp'
import { until } from '../support/until.ts'

export interface ModelsUnderTest {
  models: ModelRegistry
  close(): Promise<void>
}

export interface Reply {
  chunks: Chunk[]
  saved: SavedFile[]
  effects: number
  done: Promise<ReplyResult>
}

/** Begins a reply to one message of a user; `silenceMs` can be shortened. */
export async function begin(models: ModelRegistry, text: string, options: Partial<ReplyRun> & { silenceMs?: number } = {}): Promise<Reply> {
  const opened = await models.open(await models.defaultId())
  if ('image' in opened) throw new Error('The default model only draws.')
  const model = { ...opened, silenceMs: options.silenceMs ?? 10_000 }
  const reply: Omit<Reply, 'done'> = { chunks: [], saved: [], effects: 0 }
  const done = streamReply({
    model,
    instructions: null,
    history: [{ role: 'user', parts: [{ type: 'text', text }], media: [] }],
    tools: await openTools({ models }, model.info, async () => options.history?.flatMap(message => message.media) ?? []),
    signal: new AbortController().signal,
    emit: (chunk) => { reply.chunks.push(chunk) },
    saveMedia: async (file) => {
      reply.saved.push(file)
      return `0198a000-0000-7000-8000-00000000000${reply.saved.length}`
    },
    beforeEffects: async () => { reply.effects++ },
    ...options,
  })
  done.catch(() => {})
  return Object.assign(reply, { done })
}

const faultOf = async (reply: Reply): Promise<ModelFault> => reply.done.then(() => { throw new Error('It did not fail.') }, (error: ModelFault) => error)
const sizeOf = async (bytes: Uint8Array) => sharp(bytes).metadata().then(({ width, height }) => [width, height])
/** A picture of a conversation: two halves, so that it matters which way up it is. */
async function picture(name: string, width: number, height: number): Promise<HistoryMedia> {
  const half = { create: { width, height: height >> 1, channels: 3 as const, background: 'navy' } }
  const bytes = await sharp({ create: { width, height, channels: 3, background: 'orange' } }).composite([{ input: half, top: 0, left: 0 }]).png().toBuffer()
  return { id: name, type: 'image', name, mime: 'image/png', bytes: bytes.length, width, height, transcript: null, extractedText: null, frames: [], read: async () => bytes }
}
const partsOf = ({ chunks }: Reply) => assemble([chunks]).parts

export function modelsContract(name: string, open: () => Promise<ModelsUnderTest>): void {
  describe(`models: ${name}`, () => {
    let under: ModelsUnderTest
    beforeAll(async () => { under = await open() })
    afterAll(() => under.close())

    test('offers models in the agreed shape, and its default is one that opens', async () => {
      const list = await under.models.list()
      expect(list.length).toBeGreaterThan(0)
      for (const info of list) ModelInfo.parse(info)
      const opened = await under.models.open(await under.models.defaultId())
      expect(list.map(({ id }) => id)).toContain(opened.info.id)
    })

    test('refuses a model that is not on offer', async () => {
      await expect(under.models.open('openai:no-such-model')).rejects.toMatchObject({ code: 'model_not_found' })
      await expect(under.models.open('nonsense')).rejects.toMatchObject({ code: 'model_not_found' })
    })

    test('streams text piece by piece, in chunks of the agreed shape, and counts its tokens', async () => {
      const reply = await begin(under.models, 'hello at rate 0')
      const { usage, ended } = await reply.done
      for (const chunk of reply.chunks) Chunk.parse(chunk)
      expect(reply.chunks[0]).toEqual({ type: 'start-step' })
      expect(reply.chunks.at(-1)).toEqual({ type: 'finish-step' })
      const deltas = reply.chunks.filter(chunk => chunk.type === 'text-delta')
      expect(deltas.length).toBeGreaterThan(3)
      expect(textOf(partsOf(reply))).toBe(deltas.map(({ delta }) => delta).join(''))
      expect(textOf(partsOf(reply))).toMatch(/hello/i)
      expect(partsOf(reply).every(part => !('state' in part) || part.state === 'done')).toBe(true)
      expect(usage.outputTokens).toBeGreaterThan(0)
      expect(ended).toBe('complete')
    })

    test('runs the tool the model asks for, and goes on with its output', async () => {
      const reply = await begin(under.models, 'what time is it? at rate 0')
      await reply.done
      const parts = partsOf(reply)
      expect(parts).toContainEqual(expect.objectContaining({ type: 'dynamic-tool', toolName: 'what_time', state: 'output-available', output: expect.objectContaining({ timeZone: 'UTC' }) }))
      expect(parts.findLastIndex(part => part.type === 'text')).toBeGreaterThan(parts.findIndex(part => part.type === 'dynamic-tool'))
      expect(parts.filter(part => part.type === 'step-start')).toHaveLength(2)
      expect(reply.effects).toBe(0)
    })

    test('stores the picture a model draws, and says so before it has effects', async () => {
      const reply = await begin(under.models, 'draw a lighthouse at rate 0')
      await reply.done
      expect(reply.effects).toBe(1)
      expect(reply.saved).toEqual([expect.objectContaining({ mime: 'image/png', name: 'picture.png' })])
      expect(Buffer.from(reply.saved[0]!.bytes).subarray(1, 4).toString()).toBe('PNG')
      expect(partsOf(reply)).toContainEqual({ type: 'data-media', id: '0198a000-0000-7000-8000-000000000001', data: { mediaId: '0198a000-0000-7000-8000-000000000001' } })
    })

    test('changes a picture of the conversation, the one that is named, and keeps the original', async () => {
      const boat = await picture('boat.png', 90, 60)
      const history = [{ role: 'user' as const, parts: [{ type: 'text' as const, text: 'edit it at rate 0' }], media: [boat, await picture('other.png', 40, 40)] }]
      const reply = await begin(under.models, '', { history })
      await reply.done
      expect(partsOf(reply)).toContainEqual(expect.objectContaining({ type: 'dynamic-tool', toolName: 'edit_image', state: 'output-available', output: expect.objectContaining({ edited: 'boat.png' }) }))
      expect([reply.effects, reply.saved.length]).toEqual([1, 1])
      expect(await sizeOf(reply.saved[0]!.bytes)).toEqual([90, 60])
      expect(Buffer.compare(Buffer.from(reply.saved[0]!.bytes), Buffer.from(await boat.read()))).not.toBe(0)
    })

    test('tells the model which pictures there are when it names none of them', async () => {
      const tool = (await openTools({ models: under.models }, { gives: { tools: true, reasoning: false, image: true, speech: false } }, async () => [await picture('boat.png', 8, 8)])).find(one => one.name === 'edit_image')!
      await expect(tool.run({ prompt: 'x', picture: 'ship.png' }, { signal: new AbortController().signal, saveMedia: async () => '' })).rejects.toThrow(/There are: “boat.png”/)
    })

    const drawing = async (text: string, media: HistoryMedia[], more: { signal?: AbortSignal } = {}) => {
      const info = (await under.models.list()).find(({ draws }) => draws)!
      const opened = await under.models.open(info.id)
      if (!('image' in opened)) throw new Error('It does not draw.')
      const reply: Omit<Reply, 'done'> = { chunks: [], saved: [], effects: 0 }
      const done = drawReply({
        model: opened, history: [{ role: 'user', parts: [{ type: 'text', text }], media }], signal: new AbortController().signal,
        emit: chunk => { reply.chunks.push(chunk) },
        saveMedia: async file => `0198a000-0000-7000-8000-00000000000${reply.saved.push(file)}`,
        beforeEffects: async () => { reply.effects++ }, ...more,
      })
      done.catch(() => {})
      return Object.assign(reply, { done })
    }

    test('draws for a person without asking a language model', async () => {
      const reply = await drawing('a lighthouse', [])
      expect(await reply.done).toMatchObject({ ended: 'complete', mediaGiven: [] })
      expect(reply.saved).toEqual([expect.objectContaining({ mime: 'image/png' })])
      expect(partsOf(reply)).toEqual([{ type: 'step-start' }, { type: 'data-media', id: '0198a000-0000-7000-8000-000000000001', data: { mediaId: '0198a000-0000-7000-8000-000000000001' } }])
    })

    test('changes a person’s picture as they say, and says that it was given it', async () => {
      const reply = await drawing('turn it upside down', [await picture('boat.png', 90, 60)])
      expect((await reply.done).mediaGiven).toEqual([{ mediaId: 'boat.png', name: 'boat.png', how: 'natively' }])
      expect(await sizeOf(reply.saved[0]!.bytes)).toEqual([90, 60])
    })

    test('refuses to draw from nothing, and from what is no picture', async () => {
      await expect((await drawing(' ', [await picture('boat.png', 9, 9)])).done).rejects.toMatchObject({ code: 'picture_not_described', retryable: false })
      await expect((await drawing('x', [{ ...await picture('song.mp3', 9, 9), type: 'audio' }])).done).rejects.toMatchObject({ code: 'model_input_refused' })
      const reason = new Error('stopped')
      await expect((await drawing('a boat', [], { signal: AbortSignal.abort(reason) })).done).rejects.toBe(reason)
    })

    test('stores the sound a model makes', async () => {
      const reply = await begin(under.models, 'make a sound at rate 0')
      await reply.done
      expect(reply.saved).toHaveLength(1)
      expect(reply.saved[0]!.bytes.length).toBeGreaterThan(1000)
      expect(reply.saved[0]!.mime).toMatch(/^audio\//)
    })

    test('keeps thoughts apart, before the answer', async () => {
      const reply = await begin(under.models, 'reason about tides at rate 0')
      await reply.done
      const kinds = partsOf(reply).map(({ type }) => type)
      expect(kinds.indexOf('reasoning')).toBeGreaterThanOrEqual(0)
      expect(kinds.indexOf('reasoning')).toBeLessThan(kinds.indexOf('text'))
    })

    test('says that an answer was cut off, keeps what came, and may be tried again', async () => {
      const reply = await begin(under.models, 'cut at rate 0')
      expect(await faultOf(reply)).toMatchObject({ name: 'ModelFault', code: 'reply_cut_off', retryable: true })
      expect(textOf(partsOf(reply)).length).toBeGreaterThan(5)
    })

    test('says that a provider is busy, and how long it asked to wait', async () => {
      const reply = await begin(under.models, 'busy')
      expect(await faultOf(reply)).toMatchObject({ code: 'model_busy', retryable: true, retryAfterMs: 3000 })
    })

    test('says why a provider refused, and that trying again is no use', async () => {
      const fault = await faultOf(await begin(under.models, 'fail'))
      expect(fault).toMatchObject({ code: 'model_refused', retryable: false })
      expect(fault.message).toMatch(/asked to fail|cannot be answered/)
    })

    test('gives up on a model that stays silent', async () => {
      const reply = await begin(under.models, 'never', { silenceMs: 100 })
      expect(await faultOf(reply)).toMatchObject({ code: 'model_timed_out', retryable: true })
    })

    test('ends at once when it is told to, with the very reason it was given, and emits nothing more', async () => {
      const controller = new AbortController()
      const reason = new Error('stopped by the user')
      const reply = await begin(under.models, 'never', { signal: controller.signal })
      await until(() => reply.chunks.length > 0)
      controller.abort(reason)
      await expect(reply.done).rejects.toBe(reason)
      const emitted = reply.chunks.length
      await new Promise(resolve => setImmediate(resolve))
      expect(reply.chunks).toHaveLength(emitted)
      await expect((await begin(under.models, 'hello', { signal: AbortSignal.abort(reason) })).done).rejects.toBe(reason)
    })

    test('writes down what was said', async () => {
      const model = await under.models.transcription()
      const speech = await under.models.speech()
      const { audio } = await speech!.doGenerate({ text: 'hello' })
      const { text, segments } = await model!.doGenerate({ audio, mediaType: 'audio/wav' })
      expect(text.length).toBeGreaterThan(3)
      expect(segments[0]).toMatchObject({ text: expect.any(String), startSecond: 0 })
    })

    test('names a conversation in a few clean words', async () => {
      const model = await under.models.open(await under.models.defaultId())
      if ('image' in model) throw new Error('The default model only draws.')
      const title = await titleFor(model, { user: 'tides and the *moon*', assistant: 'They go together.' }, new AbortController().signal)
      expect(title).toMatch(/^Tides and the moon$/i)
    })
  })
}
