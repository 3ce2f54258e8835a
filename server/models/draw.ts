/** Pictures out of words, or out of words and pictures. */
import type { ImageModelV4 } from '@ai-sdk/provider'
import { ModelFault, toModelFault } from './fault.ts'
import { pictureBytes, wholeRoom } from './give-media.ts'
import type { HistoryMedia, SavedFile } from './reply-run.ts'

/** What `/images/edits` takes; anything else is sent as JPEG. */
const editable = ['image/png', 'image/jpeg', 'image/webp']

/** The bytes of pictures that are to be edited. @throws ModelFault `model_input_refused` for one that cannot be read or is too large */
async function bytesOf(pictures: readonly HistoryMedia[], model: string): Promise<Uint8Array[]> {
  const room = wholeRoom()
  const all: Uint8Array[] = []
  for (const picture of pictures) {
    const found = await pictureBytes(picture, room, editable)
    if (!found) throw new ModelFault('model_input_refused', { details: { model, kind: `“${picture.name}”` } })
    all.push(found.bytes)
  }
  return all
}

/** Tries once. @throws ModelFault for every failure of the model; the signal's reason, when it fired */
export async function draw(model: ImageModelV4, asked: { prompt: string, pictures?: readonly HistoryMedia[], signal: AbortSignal }): Promise<SavedFile> {
  const { prompt, pictures = [], signal } = asked
  const images = await bytesOf(pictures, model.modelId)
  const { generateImage } = await import('ai')
  try {
    const { image } = await generateImage({ model, prompt: images.length ? { text: prompt, images } : prompt, maxRetries: 0, abortSignal: signal })
    return { bytes: image.uint8Array, mime: image.mediaType, name: `picture.${image.mediaType.split('/')[1] ?? 'png'}` }
  }
  catch (error) {
    if (signal.aborted) throw signal.reason
    throw toModelFault(error, model.modelId, false)
  }
}
