/** Where the list of models comes from, and what it survives. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { readConfig } from '../../server/config.ts'
import { openLog } from '../../server/log.ts'
import { openModels } from '../../server/models/open.ts'
import { until } from '../support/until.ts'

const nobody = 'http://127.0.0.1:9'
const servers: Server[] = []

async function serve(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handler)
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const json = (response: ServerResponse, value: unknown) => { response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value)) }
const listing = (...names: string[]) => ({ object: 'list', data: names.map(id => ({ id, object: 'model' })) })
const open = (settings: Record<string, string>) => openModels(readConfig({ OLLAMA_BASE_URL: nobody, ...settings }), openLog('silent'))

afterEach(() => {
  vi.useRealTimers()
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

describe('the endpoint’s own list', () => {
  test('is asked once a minute with the key, and what holds no conversation is left out', async () => {
    const asked: (string | undefined)[] = []
    const url = await serve((request, response) => { asked.push(request.headers.authorization); json(response, listing('gpt-5', 'gpt-5-2026-01-01', 'gpt-4o', 'whisper-1', 'text-embedding-3-small', 'dall-e-3')) })
    vi.useFakeTimers({ toFake: ['Date'] })
    const models = open({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: `${url}/v1/` })
    expect((await models.list()).map(({ id }) => id)).toEqual(['openai:gpt-4o', 'openai:gpt-5'])
    await models.list()
    expect(asked).toEqual(['Bearer k'])
    vi.setSystemTime(Date.now() + 61_000)
    await models.list()
    await until(() => asked.length === 2)
    expect(await models.defaultId()).toBe('openai:gpt-5')
    expect((await models.open('openai:gpt-5')).info.accepts).toEqual({ image: true, audio: false, video: false, pdf: true })
    await expect(models.open('openai:gpt-6')).rejects.toMatchObject({ code: 'model_not_found' })
  })

  test('is left out while the endpoint is down, and a model of it can be opened all the same', async () => {
    const models = open({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: `${nobody}/v1`, DEMO_MODEL: 'yes' })
    expect((await models.list()).map(({ id }) => id)).toEqual(['demo:parley', 'demo:picture'])
    expect((await models.open('openai:my-model')).info).toMatchObject({ id: 'openai:my-model', gives: { tools: false } })
  })

  test.each([
    ['an endpoint that hangs', () => {}],
    ['an endpoint that answers nonsense', (_: IncomingMessage, response: ServerResponse) => { response.end('<html>') }],
    ['an endpoint that refuses', (_: IncomingMessage, response: ServerResponse) => { response.writeHead(500).end('{}') }],
  ])('%s holds nobody up and is no error', async (_, handler) => {
    const url = await serve(handler)
    const models = open({ OPENAI_BASE_URL: `${url}/v1` })
    const startedAt = performance.now()
    expect(await models.list()).toEqual([])
    await expect(models.defaultId()).rejects.toMatchObject({ code: 'model_unreachable' })
    expect(performance.now() - startedAt).toBeLessThan(4500)
  })
})

describe('what the operator says', () => {
  test('OPENAI_MODELS is the list, in its order, with what is said of each; nobody is asked', async () => {
    const models = open({ OPENAI_BASE_URL: `${nobody}/v1`, OPENAI_MODELS: 'mine[image tools], gpt-4o ,plain' })
    expect((await models.list()).map(({ id, accepts, gives }) => [id, accepts.image, gives.tools])).toEqual([['openai:mine', true, true], ['openai:gpt-4o', true, true], ['openai:plain', false, false]])
    expect(await models.defaultId()).toBe('openai:mine')
  })

  test('default, fallback and patience are told with each model', async () => {
    const models = open({ OPENAI_BASE_URL: `${nobody}/v1`, OPENAI_MODELS: 'a,b', DEFAULT_MODEL: 'b', FALLBACK_MODEL: 'openai:a', MODEL_TIMEOUT_SECONDS: '7' })
    expect(await models.defaultId()).toBe('openai:b')
    expect(await models.open('openai:b')).toMatchObject({ fallback: 'openai:a', silenceMs: 7000 })
    expect(await models.open('openai:a')).toMatchObject({ fallback: null })
    expect((await models.open('b')).info.id).toBe('openai:b')
  })

  test('no demo model and no picture, sound or transcript from it where a real model is set', async () => {
    const models = open({ OPENAI_BASE_URL: `${nobody}/v1`, OPENAI_MODELS: 'a' })
    await expect(models.open('demo:parley')).rejects.toMatchObject({ code: 'model_not_found' })
    expect([await models.image(), await models.speech(), await models.transcription()]).toEqual([null, null, null])
  })
})

describe('Ollama', () => {
  test('is found by itself, with what it says of each model', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/v1/models') return json(response, listing('llama3.2:3b', 'gemma3:4b', 'nomic-embed-text:latest'))
      let body = ''
      request.on('data', (data: Buffer) => { body += data.toString() }).on('end', () => json(response, { capabilities: body.includes('gemma') ? ['completion', 'vision'] : ['completion', 'tools', 'thinking'] }))
    })
    const models = open({ OLLAMA_BASE_URL: url })
    expect((await models.list()).map(({ id, accepts, gives }) => [id, accepts.image, gives.tools, gives.reasoning])).toEqual([
      ['ollama:llama3.2:3b', false, true, true], ['ollama:gemma3:4b', true, false, false], ['demo:parley', true, true, true], ['demo:picture', true, false, false],
    ])
    expect(await models.open('ollama:llama3.2:3b')).toMatchObject({ language: { modelId: 'llama3.2:3b' } })
    expect(await models.defaultId()).toBe('ollama:llama3.2:3b')
  })
})
