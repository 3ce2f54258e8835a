/**
 * The models seam: which models are on offer, and how to speak to one. Proved by tests/contract/models.ts.
 */
import type { ImageModelV4, LanguageModelV4, SharedV4ProviderOptions, SpeechModelV4, TranscriptionModelV4 } from '@ai-sdk/provider'
import type { ModelInfo } from '../../shared/models.ts'

export interface OpenModel {
  info: ModelInfo
  language: LanguageModelV4
  /** The model to try after this one's retries are used up; null for none. */
  fallback: string | null
  /** Longest silence, in milliseconds: before the first piece of an answer, and between two. */
  silenceMs: number
  /** Settings that go with every call of this model. */
  providerOptions?: SharedV4ProviderOptions
}

export interface ModelRegistry {
  /** What is on offer now. Endpoints' own lists are fetched and kept for a minute; one that is down is left out, never an error. */
  list(): Promise<ModelInfo[]>
  /** The one to use when nobody chose. */
  defaultId(): Promise<string>
  /** Throws AppError `model_not_found`. */
  open(id: string): Promise<OpenModel>
  /** Null where nothing of the kind is configured. The demo provider has all three. */
  image(): Promise<ImageModelV4 | null>
  speech(): Promise<SpeechModelV4 | null>
  transcription(): Promise<TranscriptionModelV4 | null>
}
