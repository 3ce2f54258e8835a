/**
 * What a model takes and gives, guessed from its name: the OpenAI-compatible list of models tells names only. The first
 * row that fits wins; a name nobody knows gets the least. `OPENAI_MODELS=name[image tools]` says better.
 * Facts: the providers' model pages, as of November 2026.
 */
import type { ModelInfo } from '../../shared/models.ts'

type Word = 'image' | 'audio' | 'video' | 'pdf' | 'tools' | 'reasoning'
export type Abilities = ReadonlySet<Word>

const words: readonly Word[] = ['image', 'audio', 'video', 'pdf', 'tools', 'reasoning']

const known: [RegExp, Word[]][] = [
  [/gpt-(4o-)?audio/, ['audio', 'tools']],
  [/gpt-5.*chat/, ['image', 'pdf']],
  [/gpt-5|\bo[34](-|$)|\bo1(?!-mini|-preview)/, ['image', 'pdf', 'tools', 'reasoning']],
  [/gpt-4o|gpt-4\.1|gpt-4-turbo|chatgpt-4o/, ['image', 'pdf', 'tools']],
  [/gpt-oss/, ['tools', 'reasoning']],
  [/gpt-(4|3\.5)/, ['tools']],
  [/claude-(3|opus|sonnet|haiku)/, ['image', 'tools']],
  [/gemini/, ['image', 'tools']],
  [/llava|bakllava|moondream|minicpm-v|internvl/, ['image']],
  [/qwen.*vl|pixtral|mistral-small-?3\.[12]|llama-?4/, ['image', 'tools']],
  [/llama-?3\.2-vision|gemma-?3|vision/, ['image']],
  [/deepseek-(r1|reasoner)|qwq|magistral/, ['reasoning']],
  [/llama-?3\.[123]|qwen-?[23]|mistral|mixtral|command-r|deepseek-(v3|chat)|granite|hermes/, ['tools']],
]

/** Models that hold no conversation, in lists that name everything. */
export const isNoConversationModel = (name: string): boolean =>
  /embed|whisper|tts|dall-e|moderation|realtime|transcri|gpt-image|sora|davinci|babbage|instruct$|computer-use|rerank|guard|-search-/i.test(name)

export function abilitiesOf(name: string): Abilities {
  return new Set(known.find(([pattern]) => pattern.test(name.toLowerCase()))?.[1] ?? [])
}

/** `my-model[image tools]` → its name and what the operator says of it. */
export function readModelWord(word: string): { name: string, abilities: Abilities } {
  const [, name, said] = /^(.+?)\[([^\]]*)\]$/.exec(word) ?? []
  if (name === undefined || said === undefined) return { name: word, abilities: abilitiesOf(word) }
  const list = said.toLowerCase().split(/[\s|]+/)
  return { name, abilities: new Set(words.filter(one => list.includes(one))) }
}

/** `makes`: what the tools beside the model can make. */
export function infoOf(provider: string, name: string, abilities: Abilities, makes: { image: boolean, speech: boolean }): ModelInfo {
  const tools = abilities.has('tools')
  return {
    id: `${provider}:${name}`, label: name, provider, demo: false, draws: false,
    accepts: { image: abilities.has('image'), audio: abilities.has('audio'), video: abilities.has('video'), pdf: abilities.has('pdf') },
    gives: { tools, reasoning: abilities.has('reasoning'), image: tools && makes.image, speech: tools && makes.speech },
  }
}
