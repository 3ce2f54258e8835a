import { expect, test } from 'vitest'
import { readConfig } from '../../server/config.ts'
import { openLog } from '../../server/log.ts'
import { openModels } from '../../server/models/open.ts'
import { begin, modelsContract } from '../contract/models.ts'

// Port 9 answers nobody: an Ollama that runs beside the tests is not asked.
const open = () => openModels(readConfig({ OLLAMA_BASE_URL: 'http://127.0.0.1:9' }), openLog('silent'))

modelsContract('demo', async () => ({ models: open(), close: async () => {} }))

test('the demo model is the only one and the default where nothing is set, and says that it is no real one', async () => {
  const models = open()
  expect(await models.list()).toEqual([expect.objectContaining({ id: 'demo:parley', demo: true }), expect.objectContaining({ id: 'demo:picture', demo: true, draws: true })])
  expect(await models.defaultId()).toBe('demo:parley')
})

test('the demo model is busy twice, then answers', async () => {
  const models = open()
  for (const _ of [1, 2]) await expect((await begin(models, 'busy at rate 0')).done).rejects.toMatchObject({ code: 'model_busy' })
  await expect((await begin(models, 'busy at rate 0')).done).resolves.toMatchObject({ ended: 'complete' })
  await expect((await begin(models, 'busy at rate 0')).done).rejects.toMatchObject({ code: 'model_busy' })
})

test('the demo model emits as many tiny tokens as it is asked for, at the rate it is asked for', async () => {
  const models = open()
  const startedAt = performance.now()
  const reply = await begin(models, 'tokens 100 at rate 500')
  await reply.done
  const text = reply.chunks.flatMap(chunk => chunk.type === 'text-delta' ? [chunk.delta] : [])
  expect(text).toHaveLength(100)
  expect(text.join('')).toBe(Array.from({ length: 100 }, (_, index) => `t${index}`).join(' '))
  expect(performance.now() - startedAt).toBeGreaterThan(190)
})
