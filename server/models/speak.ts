/** One text said by the speech model. */
import type { SpeechModelV4 } from '@ai-sdk/provider'
import { ModelFault, toModelFault } from './fault.ts'

/** @throws ModelFault; what the signal was aborted with, when it was */
export async function speak(model: SpeechModelV4, text: string, { signal, patienceMs }: { signal: AbortSignal, patienceMs: number }): Promise<Uint8Array> {
  const { generateSpeech, RetryError } = await import('ai')
  const patience = AbortSignal.timeout(patienceMs)
  try {
    const { audio } = await generateSpeech({ model, text, maxRetries: 1, abortSignal: AbortSignal.any([signal, patience]) })
    return audio.uint8Array
  }
  catch (error) {
    signal.throwIfAborted()
    if (patience.aborted) throw new ModelFault('model_timed_out', { retryable: true, cause: error })
    throw toModelFault(RetryError.isInstance(error) ? error.lastError : error, model.modelId, false)
  }
}
