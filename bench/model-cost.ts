/**
 * What a token costs on its way from the provider to `emit`: processor seconds per 1,000 tokens, at 100 streams of 50
 * tokens a second, against the fake LLM in a process of its own. `node bench/model-cost.ts [way …]`
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'
import { openOutbound } from '../server/models/outbound.ts'
import { streamReply } from '../server/models/stream-reply.ts'

const streams = 100
const tokens = 200
const rounds = 3

const child = spawn(process.execPath, [fileURLToPath(new URL('fake-llm.ts', import.meta.url))], { stdio: ['ignore', 'pipe', 'inherit'] })
const [line] = await once(createInterface(child.stdout), 'line') as [string]
const { url } = JSON.parse(line) as { url: string }
const outbound = openOutbound({ trusted: [url], allowPrivate: false })
const language = createOpenAICompatible({ name: 'bench', baseURL: url, apiKey: 'none', includeUsage: true, fetch: outbound.fetch })('bench')
let letters = 0

async function bareFetch(fetch: typeof globalThis.fetch) {
  const answer = await fetch(`${url}/chat/completions`, { method: 'POST', body: JSON.stringify({ stream: true, messages: [] }) })
  const decoder = new TextDecoder()
  for await (const bytes of answer.body ?? []) {
    for (const event of decoder.decode(bytes, { stream: true }).split('\n')) {
      if (event.startsWith('data: {')) letters += (JSON.parse(event.slice(6)) as { choices: { delta?: { content?: string } }[] }).choices[0]?.delta?.content?.length ?? 0
    }
  }
}

const ways: Record<string, () => Promise<void>> = {
  'fetch (ours)': () => bareFetch(outbound.fetch),
  'fetch (Node)': () => bareFetch(globalThis.fetch),
  'doStream': async () => {
    const { stream } = await language.doStream({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] })
    for await (const part of stream) if (part.type === 'text-delta') letters += part.delta.length
  },
  'streamReply': async () => {
    await streamReply({
      model: {
        info: { id: 'openai:bench', label: 'bench', provider: 'openai', demo: false, draws: false, accepts: { image: false, audio: false, video: false, pdf: false }, gives: { tools: false, reasoning: false, image: false, speech: false } },
        language, fallback: null, silenceMs: 30_000,
      },
      instructions: null,
      history: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }], media: [] }],
      tools: [],
      signal: new AbortController().signal,
      emit: (chunk) => { if (chunk.type === 'text-delta') letters += chunk.delta.length },
      saveMedia: () => Promise.reject(new Error('The fake LLM makes no files.')),
      beforeEffects: async () => {},
    })
  },
  'streamText': async () => {
    for await (const part of streamText({ model: language, prompt: 'hi', maxRetries: 0 }).textStream) letters += part.length
  },
}

const all = (way: () => Promise<void>) => Promise.all(Array.from({ length: streams }, way))
const wanted = process.argv.slice(2)
try {
  for (const [name, way] of Object.entries(ways).filter(([name]) => !wanted.length || wanted.includes(name))) {
    // Once without counting, for the compiler to warm up.
    await all(way)
    const costs: number[] = []
    for (let round = 0; round < rounds; round++) {
      const before = process.cpuUsage()
      letters = 0
      await all(way)
      const { user, system } = process.cpuUsage(before)
      costs.push((user + system) / 1e6 / (streams * tokens / 1000))
    }
    console.log(`${name.padEnd(14)} ${costs.map(cost => cost.toFixed(3)).join('  ')}  s per 1,000 tokens (${letters} letters)`)
  }
}
finally {
  child.kill()
  await outbound.close()
}
