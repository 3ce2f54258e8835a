/** Plays a script as a model would stream it: at a rate, until the end or the abort. */
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'

/** What one call of the demo model does. */
export interface Script {
  /** Silence before the first piece, in milliseconds; null for ever. */
  firstAfterMs: number | null
  /** 0 for as fast as it is read. */
  tokensPerSecond: number
  reasoning?: string
  text: string
  call?: { tool: string, input: Record<string, unknown> }
  /** Breaks off after this share of the text, from 0 to 1. */
  cutAt?: number
  /** Tokens as they are, instead of words of `text`. */
  tokens?: { count: number, at(index: number): string }
}

/** Words with the space before them; long ones in pieces. Joined they are the text again. */
export const tokensOf = (text: string): string[] => text.match(/\s*\S{1,10}|\s+/gu) ?? []

function textTokens({ text, tokens }: Script): { count: number, at(index: number): string } {
  if (tokens) return tokens
  const all = tokensOf(text)
  return { count: all.length, at: index => all[index] ?? '' }
}

function* textParts(script: Script): Generator<LanguageModelV4StreamPart> {
  const { count, at } = textTokens(script)
  if (!count) return
  const cutAt = script.cutAt === undefined ? Infinity : count * script.cutAt
  yield { type: 'text-start', id: 'text' }
  for (let index = 0; index < count; index++) {
    if (index >= cutAt) return
    yield { type: 'text-delta', id: 'text', delta: at(index) }
  }
  yield { type: 'text-end', id: 'text' }
}

function* callParts({ tool, input }: NonNullable<Script['call']>, callId: string): Generator<LanguageModelV4StreamPart> {
  const json = JSON.stringify(input)
  yield { type: 'tool-input-start', id: callId, toolName: tool }
  yield { type: 'tool-input-delta', id: callId, delta: json }
  yield { type: 'tool-input-end', id: callId }
  yield { type: 'tool-call', toolCallId: callId, toolName: tool, input: json }
}

function* partsOf(script: Script, inputTokens: number, callId: string): Generator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: [] }
  const thoughts = tokensOf(script.reasoning ?? '')
  if (thoughts.length) {
    yield { type: 'reasoning-start', id: 'thought' }
    for (const delta of thoughts) yield { type: 'reasoning-delta', id: 'thought', delta }
    yield { type: 'reasoning-end', id: 'thought' }
  }
  yield* textParts(script)
  if (script.cutAt !== undefined) return
  if (script.call) yield* callParts(script.call, callId)
  const text = script.tokens?.count ?? tokensOf(script.text).length
  const finish = script.call ? 'tool-calls' as const : 'stop' as const
  yield {
    type: 'finish',
    finishReason: { unified: finish, raw: finish },
    usage: {
      inputTokens: { total: inputTokens, noCache: inputTokens, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: text + thoughts.length, text, reasoning: thoughts.length },
    },
  }
}

/** Resolves after `ms`, or at once when the signal fires; leaves no timer behind. */
function pause(ms: number | null, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = ms === null ? undefined : setTimeout(end, ms)
    signal.addEventListener('abort', end, { once: true })
  })
}

/** A stream that makes each part when it is due and asked for. */
export function play(script: Script, options: { inputTokens: number, callId: string, signal?: AbortSignal }): ReadableStream<LanguageModelV4StreamPart> {
  const parts = partsOf(script, options.inputTokens, options.callId)
  const cancelled = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, cancelled.signal]) : cancelled.signal
  const interval = script.tokensPerSecond > 0 ? 1000 / script.tokensPerSecond : 0
  let due = 0
  return new ReadableStream<LanguageModelV4StreamPart>({
    async start() {
      if (script.firstAfterMs !== 0) await pause(script.firstAfterMs, signal)
      due = performance.now()
    },
    async pull(controller) {
      const { done, value } = parts.next()
      if (done) return controller.close()
      if (value.type === 'text-delta' || value.type === 'reasoning-delta') {
        // Against the plan, not the last token, so that late timers don't slow the whole.
        due += interval
        const wait = due - performance.now()
        if (wait >= 1) await pause(wait, signal)
      }
      if (signal.aborted) return controller.error(signal.reason)
      controller.enqueue(value)
    },
    cancel(reason) {
      cancelled.abort(reason)
    },
  }, { highWaterMark: 0 })
}
