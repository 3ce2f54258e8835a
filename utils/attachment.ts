import type { MediaType } from '../shared/media.ts'

/** A file on its way into a message, as the composer shows it (`useUpload` gives these). */
export interface AttachmentView {
  id: string
  name: string
  mime: string
  bytes: number
  type: MediaType
  previewUrl: string | null
  /** `missing`: a reload took its bytes away before all were sent; the person has to choose it again. */
  status: 'kept' | 'missing' | 'uploading' | 'processing' | 'ready' | 'refused'
  /** 0 to 100 of the uploading (of one that is missing, too), then of the processing. */
  progress: number
  bytesPerSecond: number | null
  secondsLeft: number | null
  /** A picture that stands in the conversation already: taken away here, it stays there. */
  shared: boolean
  /** Why it cannot be sent, or what was chosen is not it, as a sentence. */
  problem: string | null
}
