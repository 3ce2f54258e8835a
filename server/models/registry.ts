/**
 * The models seam: which models are on offer, and how to speak to one. Proved by tests/contract/models.ts.
 */
import type { ImageModelV4, LanguageModelV4, SharedV4ProviderOptions, SpeechModelV4, TranscriptionModelV4 } from '@ai-sdk/provider'
import type { ModelInfo } from '../../shared/models.ts'

interface Opened {
  info: ModelInfo
  /** The model to try after this one's retries are used up; null for none. */
  fallback: string | null
  /** Longest silence, in milliseconds: before the first piece of an answer, and between two. */
  silenceMs: number
}

export interface OpenModel extends Opened {
  language: LanguageModelV4
  /** Settings that go with every call of this model. */
  providerOptions?: SharedV4ProviderOptions
}

/** One whose `info.draws` is true: a message's text is what the picture shows, its pictures are what is edited. */
export interface OpenImageModel extends Opened {
  image: ImageModelV4
}

export interface ModelRegistry {
  /** What is on offer now. Endpoints' own lists are fetched and kept for a minute; one that is down is left out, never an error. */
  list(): Promise<ModelInfo[]>
  /** The one to use when nobody chose. */
  defaultId(): Promise<string>
  /** Throws AppError `model_not_found`. */
  open(id: string): Promise<OpenModel | OpenImageModel>
  /** Null where nothing of the kind is configured. The demo provider has all three. */
  image(): Promise<ImageModelV4 | null>
  speech(): Promise<SpeechModelV4 | null>
  transcription(): Promise<TranscriptionModelV4 | null>
}
