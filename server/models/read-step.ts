/** One call of a model: its stream parts become chunks as they come. The path of a token makes one object: its chunk. */
import type { SharedV4ProviderMetadata, LanguageModelV4CallOptions, LanguageModelV4FinishReason, LanguageModelV4ReasoningPart, LanguageModelV4Source, LanguageModelV4StreamPart, LanguageModelV4TextPart, LanguageModelV4ToolCall, LanguageModelV4Usage } from '@ai-sdk/provider'
import type { Chunk } from '../../shared/chunks.ts'
import { ModelFault, cutOff, toModelFault } from './fault.ts'
import type { ReplyRun } from './reply-run.ts'

export type Said = LanguageModelV4TextPart | LanguageModelV4ReasoningPart

export interface StepResult {
  /** Calls the model wants us to run. */
  toolCalls: LanguageModelV4ToolCall[]
  /** What was said in this step, for the next call. Thoughts are in it: some providers sign them and want them back. */
  said: Said[]
  finish: LanguageModelV4FinishReason
  usage: LanguageModelV4Usage
}

/** A signal that fires with the run's, or when nothing came for `silenceMs`. */
function watch(run: Pick<ReplyRun, 'signal' | 'model'>) {
  const controller = new AbortController()
  const onAbort = () => controller.abort(run.signal.reason)
  run.signal.addEventListener('abort', onAbort, { once: true })
  if (run.signal.aborted) onAbort()
  const timer = setTimeout(() => controller.abort(new ModelFault('model_timed_out', { retryable: true })), run.model.silenceMs)
  return {
    signal: controller.signal,
    heard: () => { timer.refresh() },
    end: () => {
      clearTimeout(timer)
      run.signal.removeEventListener('abort', onAbort)
    },
  }
}

/** Rejects with the signal's reason, for calls that don't look at their signal. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

/** What a step has gathered besides what it emitted. */
class Step {
  /** A failure of our own store: it must not be told as the model's. */
  ownFault: { error: unknown } | null = null
  private readonly toolCalls: LanguageModelV4ToolCall[] = []
  private readonly said: Said[] = []
  private readonly open = new Map<string, Said>()
  private error: { value: unknown } | null = null
  private finish: Extract<LanguageModelV4StreamPart, { type: 'finish' }> | null = null
  private readonly run: Pick<ReplyRun, 'emit' | 'saveMedia'>

  constructor(run: Pick<ReplyRun, 'emit' | 'saveMedia'>) {
    this.run = run
  }

  /** Applies one part; a promise only where something must be stored first. */
  take(part: LanguageModelV4StreamPart): Promise<void> | undefined {
    switch (part.type) {
      case 'text-delta': case 'reasoning-delta': {
        if (part.delta === '') return
        const block = this.open.get(part.id)
        if (block) block.text += part.delta
        this.run.emit({ type: part.type, id: part.id, delta: part.delta })
        return
      }
      default: return this.takeRare(part)
    }
  }

  private takeRare(part: LanguageModelV4StreamPart): Promise<void> | undefined {
    switch (part.type) {
      case 'text-start': case 'reasoning-start': this.begin(part); return
      case 'text-end': case 'reasoning-end': this.finishBlock(part.id, part.providerMetadata); return
      case 'tool-input-start':
        if (!part.providerExecuted) this.emit({ type: 'tool-input-start', toolCallId: part.id, toolName: part.toolName, dynamic: true })
        return
      case 'tool-call': if (!part.providerExecuted) this.toolCalls.push(part); return
      case 'source': this.tellSource(part); return
      case 'file': return this.keepFile(part)
      case 'error': this.error ??= { value: part.error }; return
      case 'finish': this.finish = part
    }
  }

  private emit(chunk: Chunk) {
    this.run.emit(chunk)
  }

  /** Only what a browser may follow: a model can write any address. */
  private tellSource(part: LanguageModelV4Source) {
    if (part.sourceType !== 'url' || !/^https?:\/\//i.test(part.url)) return
    this.emit({ type: 'source-url', sourceId: part.id, url: part.url, ...(part.title === undefined ? {} : { title: part.title }) })
  }

  private begin({ type, id, providerMetadata }: Extract<LanguageModelV4StreamPart, { type: 'text-start' | 'reasoning-start' }>) {
    const block: Said = { type: type === 'text-start' ? 'text' : 'reasoning', text: '', ...(providerMetadata ? { providerOptions: providerMetadata } : {}) }
    this.said.push(block)
    this.open.set(id, block)
    this.emit({ type, id })
  }

  private finishBlock(id: string, providerMetadata?: SharedV4ProviderMetadata) {
    const block = this.open.get(id)
    if (!block) return
    this.open.delete(id)
    if (providerMetadata) block.providerOptions = providerMetadata
    this.emit({ type: `${block.type}-end`, id })
  }

  private async keepFile(part: Extract<LanguageModelV4StreamPart, { type: 'file' }>): Promise<void> {
    // An address would be fetched from who knows where; no model of ours gives one.
    if (part.data.type !== 'data') return
    const bytes = typeof part.data.data === 'string' ? Buffer.from(part.data.data, 'base64') : part.data.data
    const mediaId = await this.run.saveMedia({ bytes, mime: part.mediaType, name: `answer.${part.mediaType.split('/')[1] ?? 'bin'}` }).catch((error: unknown) => {
      this.ownFault = { error }
      throw error
    })
    this.emit({ type: 'data-media', id: mediaId, data: { mediaId } })
  }

  /** Ends what the model left open, then tells what the step came to. */
  close(model: string): StepResult {
    for (const id of [...this.open.keys()]) this.finishBlock(id)
    if (this.error) throw toModelFault(this.error.value, model, true)
    if (!this.finish || this.finish.finishReason.unified === 'interrupted') throw cutOff()
    const { finishReason, usage } = this.finish
    if (finishReason.unified === 'error') throw new ModelFault('model_failed', { retryable: true })
    if (finishReason.unified === 'content-filter' && !this.said.some(block => block.type === 'text' && block.text))
      throw new ModelFault('model_refused', { details: { reason: 'its content filter stopped the answer.' } })
    return { toolCalls: this.toolCalls, said: this.said, finish: finishReason, usage }
  }
}

async function readAll(reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart>, step: Step, watched: ReturnType<typeof watch>): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read()
    // A cancelled read ends as if the stream had: the reason stands in the signal.
    watched.signal.throwIfAborted()
    if (done) return
    watched.heard()
    const stored = step.take(value)
    if (stored) {
      await stored
      watched.heard()
    }
  }
}

/**
 * Makes one call and emits its chunks.
 * @throws ModelFault for every failure of the model; what `saveMedia` threw, as it is; the run's abort reason, as it is, when its signal fired
 */
export async function readStep(run: Pick<ReplyRun, 'model' | 'signal' | 'emit' | 'saveMedia'>, call: LanguageModelV4CallOptions): Promise<StepResult> {
  const watched = watch(run)
  const step = new Step(run)
  let begun = false
  let cancel: (() => void) | undefined
  try {
    const aborted = abortOf(watched.signal)
    aborted.catch(() => {})
    const { stream } = await Promise.race([run.model.language.doStream({ ...call, abortSignal: watched.signal }), aborted])
    const reader = stream.getReader()
    begun = true
    cancel = () => { reader.cancel(watched.signal.reason).catch(() => {}) }
    watched.signal.addEventListener('abort', cancel, { once: true })
    if (watched.signal.aborted) cancel()
    await readAll(reader, step, watched)
    return step.close(run.model.info.label)
  }
  catch (error) {
    cancel?.()
    if (run.signal.aborted) throw run.signal.reason
    if (step.ownFault) throw step.ownFault.error
    throw watched.signal.aborted ? watched.signal.reason : toModelFault(error, run.model.info.label, begun)
  }
  finally {
    watched.end()
  }
}
