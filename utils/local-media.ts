/** Files of this tab that the server hasn't told of with a message yet, by media id: what a sent message shows at once. */
import type { MediaType, MediaView } from '../shared/media.ts'

export const localMedia = new Map<string, MediaView>()

/** The view of a file that is here only. */
export const localView = (file: { id: string, name: string, mime: string, bytes: number, type: MediaType, previewUrl: string | null }): MediaView => ({
  id: file.id, messageId: null, type: file.type, name: file.name, mime: file.mime, bytes: file.bytes,
  width: null, height: null, durationMs: null, pages: null, status: 'uploading', progress: 0, error: null, placeholder: null,
  waveform: null, excerpt: null, notice: null, transcript: null,
  original: file.previewUrl ? { url: file.previewUrl, expiresAt: Number.MAX_SAFE_INTEGER } : null,
  thumbnail: null, poster: null, playable: null, pieces: [],
})

/** What a file mainly is, by what the browser calls it; the server judges by its bytes. */
export function typeOfMime(mime: string): MediaType {
  const kind = mime.split('/')[0]
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file'
}
