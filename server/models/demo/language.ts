/** The demo model: speaks without any network, says that it is a demo, and walks every road on request. */
import { APICallError, type LanguageModelV4, type LanguageModelV4CallOptions, type LanguageModelV4Content, type LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { readPrompt } from './asked.ts'
import { play, tokensOf, type Script } from './play.ts'
import { writeScript, type Refusal } from './write-script.ts'

/** Conversations that a "busy" is remembered for. */
const rememberedAtMost = 1000

const refuse = ({ status, message, retryAfterSeconds }: Refusal) => new APICallError({
  message, url: 'demo:parley', requestBodyValues: {}, statusCode: status,
  ...(retryAfterSeconds === undefined ? {} : { responseHeaders: { 'retry-after': String(retryAfterSeconds) } }),
})

const lettersOf = ({ prompt }: LanguageModelV4CallOptions) =>
  prompt.map(message => typeof message.content === 'string' ? message.content : message.content.map(part => 'text' in part ? part.text : '').join(' ')).join(' ')

async function gather(stream: ReadableStream<LanguageModelV4StreamPart>) {
  let text = ''
  const calls: LanguageModelV4Content[] = []
  let finish: Extract<LanguageModelV4StreamPart, { type: 'finish' }> | undefined
  for await (const part of stream) {
    if (part.type === 'text-delta') text += part.delta
    else if (part.type === 'tool-call') calls.push(part)
    else if (part.type === 'finish') finish = part
  }
  if (!finish) throw refuse({ status: 502, message: 'The demo was asked to break off.' })
  return { content: [{ type: 'text' as const, text }, ...calls], finishReason: finish.finishReason, usage: finish.usage, warnings: [] }
}

export function openDemoModel(): LanguageModelV4 {
  /** Prompt → how many times it was told that we are busy. In this process only. */
  const toldBusy = new Map<string, number>()

  function scriptFor(options: LanguageModelV4CallOptions, letters: string): Script {
    const script = writeScript(readPrompt(options))
    if (!('refusal' in script)) return script
    if (!script.refusal.times) throw refuse(script.refusal)
    const told = (toldBusy.get(letters) ?? 0) + 1
    toldBusy.delete(letters)
    if (told > script.refusal.times) return script.then
    toldBusy.set(letters, told)
    const [oldest] = toldBusy.keys()
    if (toldBusy.size > rememberedAtMost && oldest !== undefined) toldBusy.delete(oldest)
    throw refuse(script.refusal)
  }

  const stream = (options: LanguageModelV4CallOptions) => {
    options.abortSignal?.throwIfAborted()
    const letters = lettersOf(options)
    // An id that says which call of the conversation it is: the same input gives the same answer.
    const callId = `demo-${options.prompt.length}`
    const script = scriptFor(options, letters)
    return play(script, { inputTokens: tokensOf(letters).length, callId, ...(options.abortSignal ? { signal: options.abortSignal } : {}) })
  }

  return {
    specificationVersion: 'v4',
    provider: 'demo',
    modelId: 'parley',
    supportedUrls: {},
    doStream: async options => ({ stream: stream(options) }),
    doGenerate: async options => gather(stream(options)),
  }
}
