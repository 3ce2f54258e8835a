/** The models of this server: OpenAI or what speaks like it, Ollama where it runs, and the demo model. */
import type { LanguageModelV4 } from '@ai-sdk/provider'
import type { ModelInfo } from '../../shared/models.ts'
import type { Config } from '../config.ts'
import { AppError } from '../domain/errors.ts'
import type { Log } from '../log.ts'
import { infoOf } from './capabilities.ts'
import { openDemoModel } from './demo/language.ts'
import { openDemoImageModel } from './demo/picture.ts'
import { openDemoSpeechModel, openDemoTranscriptionModel } from './demo/sound.ts'
import { openDrawer } from './drawer.ts'
import { ollamaEndpoint, openAiEndpoint, openAiMediaModels, type Endpoint } from './endpoint.ts'
import { keepOffers } from './offers.ts'
import { openOutbound } from './outbound.ts'
import type { ModelRegistry, OpenModel } from './registry.ts'

export const demoId = 'demo:parley'

const demoInfo: ModelInfo = {
  id: demoId, label: 'Parley demo', provider: 'demo', demo: true, draws: false,
  accepts: { image: true, audio: true, video: true, pdf: true },
  gives: { tools: true, reasoning: true, image: true, speech: true },
}

const openDemo = () => ({ language: openDemoModel(), image: openDemoImageModel(), speech: openDemoSpeechModel(), transcription: openDemoTranscriptionModel() })

/** Which of many models a newcomer is given, best first. */
const preferred = [/^openai:gpt-5(\.\d+)?$/, /^openai:gpt-5/, /^openai:gpt-4\.1$/, /^openai:gpt-4o$/, /^openai:/]

/** Models kept open: names come from people too, where an endpoint doesn't list its own. */
const mostKept = 200

/** Each model once: making it builds the schemas it reads answers with. */
function keepModels(): (endpoint: Endpoint, name: string) => LanguageModelV4 {
  const made = new Map<string, LanguageModelV4>()
  return (endpoint, name) => {
    const id = `${endpoint.provider}:${name}`
    const model = made.get(id) ?? endpoint.language(name)
    if (made.size < mostKept) made.set(id, model)
    return model
  }
}

/** Said once when an endpoint goes, and once when it comes back. Ollama is a guest: its absence is no news. */
function note(log: Log, kept: { endpoint: Endpoint, down: boolean }, isDown: boolean) {
  if (kept.down !== isDown && kept.endpoint.provider !== 'ollama') log.warn({ provider: kept.endpoint.provider }, isDown ? 'the models endpoint does not answer' : 'the models endpoint answers again')
  kept.down = isDown
}

/** Opens nothing but connections kept alive between calls, which hold no process up. */
export function openModels(config: Config, log: Log): ModelRegistry {
  const { env } = config
  const trusted = [env.OLLAMA_BASE_URL, ...(env.OPENAI_BASE_URL ? [env.OPENAI_BASE_URL] : [])]
  const outbound = openOutbound({ trusted, allowPrivate: env.OUTBOUND_ALLOW_PRIVATE ?? false })
  const openAi = openAiEndpoint(config, outbound)
  const endpoints = [...(openAi ? [openAi] : []), ollamaEndpoint(config, outbound)].map(endpoint => ({ endpoint, offers: keepOffers(endpoint), down: false }))
  const media = openAiMediaModels(config, outbound)
  const language = keepModels()
  const demo = config.demoModel ? openDemo() : null
  const drawer = openDrawer(media.image, demo?.image ?? null)
  const makes = { image: drawer !== null, speech: Boolean(media.speech ?? demo) }
  /** `gpt-5` is as good as `openai:gpt-5` in the configuration. */
  const fullId = (id: string) => /^(openai|ollama|demo):/.test(id) ? id : `${openAi ? 'openai' : 'ollama'}:${id}`
  const fallbackId = env.FALLBACK_MODEL === undefined ? null : fullId(env.FALLBACK_MODEL)

  const settings = (id: string) => ({ fallback: fallbackId === id ? null : fallbackId, silenceMs: env.MODEL_TIMEOUT_SECONDS * 1000 })

  async function list(): Promise<ModelInfo[]> {
    const lists = await Promise.all(endpoints.map(async (kept) => {
      const offers = await kept.offers.now()
      note(log, kept, offers === null)
      return (offers ?? []).map(({ name, abilities }) => infoOf(kept.endpoint.provider, name, abilities, makes)).filter(({ id }) => id !== drawer?.id)
    }))
    return [...lists.flat(), ...(demo ? [demoInfo] : []), ...(drawer ? [await drawer.info()] : [])]
  }

  async function openOf(endpoint: Endpoint, offers: ReturnType<typeof keepOffers>, name: string): Promise<OpenModel> {
    const known = await offers.now() ?? offers.known()
    const offer = known?.find(one => one.name === name)
    if (known && !offer) throw new AppError('model_not_found', { details: { model: name } })
    const id = `${endpoint.provider}:${name}`
    return {
      // An endpoint that can't be asked may still answer; if not, the call says so, and is tried again.
      info: infoOf(endpoint.provider, name, offer?.abilities ?? new Set(), makes),
      language: language(endpoint, name),
      ...(endpoint.providerOptions ? { providerOptions: endpoint.providerOptions } : {}),
      ...settings(id),
    }
  }

  return {
    list,

    async defaultId() {
      if (env.DEFAULT_MODEL !== undefined) return fullId(env.DEFAULT_MODEL)
      const ids = (await list()).filter(({ draws }) => !draws).map(({ id }) => id)
      const known = endpoints.flatMap(({ endpoint, offers }) => (offers.known() ?? []).map(({ name }) => `${endpoint.provider}:${name}`)).filter(id => id !== drawer?.id)
      const first = env.OPENAI_MODELS.length ? ids[0] : preferred.flatMap(pattern => known.filter(id => pattern.test(id)))[0]
      const chosen = first ?? ids[0] ?? known[0]
      if (chosen === undefined) throw new AppError('model_unreachable')
      return chosen
    },

    async open(wanted) {
      const id = wanted === env.DEFAULT_MODEL || wanted === env.FALLBACK_MODEL ? fullId(wanted) : wanted
      if (id === demoId && demo) return { info: demoInfo, language: demo.language, ...settings(id) }
      if (id === drawer?.id) return { info: await drawer.info(), image: drawer.image, ...settings(id), fallback: null }
      const [provider = '', ...rest] = id.split(':')
      const kept = endpoints.find(({ endpoint }) => endpoint.provider === provider)
      if (!kept || !rest.length) throw new AppError('model_not_found', { details: { model: id } })
      return openOf(kept.endpoint, kept.offers, rest.join(':'))
    },

    image: async () => drawer?.image ?? null,
    speech: async () => media.speech ?? demo?.speech ?? null,
    transcription: async () => media.transcription ?? demo?.transcription ?? null,
  }
}
