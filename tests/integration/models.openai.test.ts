import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../server/config.ts'
import { openLog } from '../../server/log.ts'
import { draw as drawPicture } from '../../server/models/draw.ts'
import type { ModelFault } from '../../server/models/fault.ts'
import { openModels } from '../../server/models/open.ts'
import { begin, modelsContract } from '../contract/models.ts'
import { openFakeLlm } from '../support/fake-llm.ts'

const settings = (url: string, more: Record<string, string> = {}) => readConfig({
  OPENAI_API_KEY: 'test', OPENAI_BASE_URL: url, OPENAI_MODELS: 'test-model[tools reasoning image],other', OLLAMA_BASE_URL: 'http://127.0.0.1:9',
  OPENAI_IMAGE_MODEL: 'gpt-image-1', OPENAI_SPEECH_MODEL: 'tts-1', OPENAI_TRANSCRIPTION_MODEL: 'whisper-1', ...more,
})

for (const api of ['chat', 'responses'] as const) {
  modelsContract(`OpenAI-compatible, ${api} wire`, async () => {
    const llm = await openFakeLlm()
    return { models: openModels(settings(llm.url, { OPENAI_API: api }), openLog('silent')), close: llm.close }
  })
}

describe('a server that goes away', () => {
  test('is told as unreachable, to be tried again', async () => {
    const models = openModels(settings('http://127.0.0.1:9/v1'), openLog('silent'))
    await expect((await begin(models, 'hello')).done).rejects.toMatchObject({ code: 'model_unreachable', retryable: true })
  })

  test('is told as cut off when it goes in the middle of an answer', async () => {
    const llm = await openFakeLlm()
    llm.mock.prependFixture({ match: { userMessage: /hello/ }, response: { content: 'word '.repeat(500) }, chunkSize: 4, streamingProfile: { tps: 20 }, disconnectAfterMs: 300 })
    const models = openModels(settings(llm.url), openLog('silent'))
    await expect((await begin(models, 'hello')).done).rejects.toMatchObject({ code: 'reply_cut_off', retryable: true })
    await llm.close()
  })
})

describe('pictures over the wire', () => {
  const draw = async (prompt: string, bytes: Buffer, mime: string) => {
    const llm = await openFakeLlm()
    try {
      const image = await openModels(settings(llm.url), openLog('silent')).image()
      const picture = { id: 'a', type: 'image' as const, name: 'boat', mime, bytes: bytes.length, transcript: null, extractedText: null, frames: [], read: async () => bytes }
      const done = drawPicture(image!, { prompt, pictures: [picture], signal: new AbortController().signal })
      return { drawn: await done.catch((error: unknown) => error as ModelFault), edits: llm.edits }
    }
    finally {
      await llm.close()
    }
  }

  test('an edit sends the very bytes of the picture to /images/edits, with the model and the words', async () => {
    const png = await sharp({ create: { width: 30, height: 20, channels: 3, background: 'teal' } }).png().toBuffer()
    const { edits } = await draw('make it grey', png, 'image/png')
    expect(edits).toEqual([{ model: 'gpt-image-1', prompt: 'make it grey', pictures: [{ mime: 'image/png', bytes: png }] }])
  })

  test('a kind that no endpoint edits is sent as one it does', async () => {
    const gif = await sharp({ create: { width: 30, height: 20, channels: 3, background: 'teal' } }).gif().toBuffer()
    const { edits } = await draw('make it grey', gif, 'image/gif')
    expect(edits[0]!.pictures[0]!.mime).toBe('image/jpeg')
  })

  test('a refusal is told in the provider’s words', async () => {
    const png = await sharp({ create: { width: 3, height: 2, channels: 3, background: 'teal' } }).png().toBuffer()
    expect((await draw('refuse this', png, 'image/png')).drawn).toMatchObject({ code: 'model_refused', message: expect.stringContaining('against our rules') })
  })
})
