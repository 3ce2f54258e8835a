/** One server of models: its own list, kept for a minute, and a model of it by name. */
import type { LanguageModelV4, SharedV4ProviderOptions, SpeechModelV4 } from '@ai-sdk/provider'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { z } from 'zod'
import type { Config } from '../config.ts'
import { abilitiesOf, isNoConversationModel, readModelWord, type Abilities } from './capabilities.ts'
import { createOpenAI } from './openai-provider.ts'
import type { Outbound } from './outbound.ts'

export interface Offer { name: string, abilities: Abilities }

export interface Endpoint {
  provider: 'openai' | 'ollama'
  /** What it offers now; null when it can't be asked. */
  ask(signal: AbortSignal): Promise<Offer[] | null>
  language(name: string): LanguageModelV4
  providerOptions?: SharedV4ProviderOptions
}

const openAiUrl = 'https://api.openai.com/v1'
const Names = z.object({ data: z.array(z.object({ id: z.string().min(1).max(190) })).max(5000) })
const OllamaModel = z.object({ capabilities: z.array(z.string()).default([]) })

async function askJson<T>(outbound: Outbound, url: string, schema: z.ZodType<T>, init: RequestInit): Promise<T | null> {
  try {
    const answer = await outbound.fetch(url, init)
    if (answer.ok) return schema.parse(await answer.json())
    await answer.body?.cancel()
    return null
  }
  catch {
    // A server that is down, slow or strange has no list: that is an answer, not a fault.
    return null
  }
}

/** Dated copies of a model that is also there without its date. */
const withoutCopies = (names: string[]) => names.filter(name => !names.includes(name.replace(/-(\d{4}-\d{2}-\d{2}|\d{4})$/, '')) || !/-(\d{4}-\d{2}-\d{2}|\d{4})$/.test(name))

/** OpenAI itself, or whatever speaks like it at `OPENAI_BASE_URL`. Null when neither key nor address is set. */
export function openAiEndpoint({ env }: Config, outbound: Outbound): Endpoint | null {
  if (!env.OPENAI_API_KEY && !env.OPENAI_BASE_URL) return null
  const baseURL = (env.OPENAI_BASE_URL ?? openAiUrl).replace(/\/+$/, '')
  const own = new URL(baseURL).hostname === 'api.openai.com'
  const api = env.OPENAI_API ?? (own ? 'responses' : 'chat')
  const apiKey = env.OPENAI_API_KEY ?? 'none'
  const openai = createOpenAI({ baseURL, apiKey, fetch: outbound.fetch })
  const compatible = createOpenAICompatible({ name: 'compatible', baseURL, apiKey, includeUsage: true, fetch: outbound.fetch })
  const listed = env.OPENAI_MODELS.map(readModelWord)
  return {
    provider: 'openai',
    async ask(signal) {
      if (listed.length) return listed
      const names = await askJson(outbound, `${baseURL}/models`, Names, { headers: { authorization: `Bearer ${apiKey}` }, signal })
      return names && withoutCopies(names.data.map(({ id }) => id).filter(id => !isNoConversationModel(id)).sort()).map(name => ({ name, abilities: abilitiesOf(name) }))
    },
    language: name => api === 'responses' ? openai.responses(name) : own ? openai.chat(name) : compatible(name),
    // What people write is not kept at the provider for later calls: our database has it.
    ...(api === 'responses' ? { providerOptions: { openai: { store: false } } } : {}),
  }
}

/** The model with the voice of the configuration, where a call names none. */
const withVoice = (model: SpeechModelV4, voice: string | undefined): SpeechModelV4 => voice === undefined ? model : {
  specificationVersion: model.specificationVersion, provider: model.provider, modelId: model.modelId,
  doGenerate: options => model.doGenerate({ ...options, voice: options.voice ?? voice }),
}

/** Image, speech and transcription models of the same server, by the names in the configuration. */
export function openAiMediaModels({ env }: Config, outbound: Outbound) {
  const openai = createOpenAI({ baseURL: env.OPENAI_BASE_URL ?? openAiUrl, apiKey: env.OPENAI_API_KEY ?? 'none', fetch: outbound.fetch })
  return {
    image: env.OPENAI_IMAGE_MODEL ? openai.image(env.OPENAI_IMAGE_MODEL) : null,
    speech: env.OPENAI_SPEECH_MODEL ? withVoice(openai.speech(env.OPENAI_SPEECH_MODEL), env.OPENAI_SPEECH_VOICE) : null,
    transcription: env.OPENAI_TRANSCRIPTION_MODEL ? openai.transcription(env.OPENAI_TRANSCRIPTION_MODEL) : null,
  }
}

const ollamaWords = { vision: 'image', tools: 'tools', thinking: 'reasoning' } as const

/** Ollama, found by itself when it runs. It tells what each model can do. */
export function ollamaEndpoint({ env }: Config, outbound: Outbound): Endpoint {
  const root = env.OLLAMA_BASE_URL.replace(/\/+$/, '').replace(/\/v1$/, '')
  const compatible = createOpenAICompatible({ name: 'ollama', baseURL: `${root}/v1`, includeUsage: true, fetch: outbound.fetch })
  async function offer(name: string, signal: AbortSignal): Promise<Offer> {
    const told = await askJson(outbound, `${root}/api/show`, OllamaModel, { method: 'POST', body: JSON.stringify({ model: name }), headers: { 'content-type': 'application/json' }, signal })
    if (!told?.capabilities.length) return { name, abilities: abilitiesOf(name) }
    return { name, abilities: new Set(Object.entries(ollamaWords).flatMap(([word, ability]) => told.capabilities.includes(word) ? [ability] : [])) }
  }
  return {
    provider: 'ollama',
    async ask(signal) {
      const names = await askJson(outbound, `${root}/v1/models`, Names, { signal })
      return names && Promise.all(names.data.map(({ id }) => id).filter(id => !isNoConversationModel(id)).slice(0, 50).map(name => offer(name, signal)))
    },
    language: name => compatible(name),
  }
}
