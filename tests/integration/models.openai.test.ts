import { describe, expect, test } from 'vitest'
import { readConfig } from '../../server/config.ts'
import { openLog } from '../../server/log.ts'
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
