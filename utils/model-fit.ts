import type { MediaType } from '../shared/media.ts'
import type { ModelInfo } from '../shared/models.ts'

/** What of a file decides whether a model can be given it. */
export interface FileKind { type: MediaType, mime: string, name: string }

/**
 * Why a model can't be given these files; null when it can. Sound, video and documents it doesn't take itself go to it
 * as what was read from them (transcript, pictures of the video, text); for a picture there is no such form.
 */
export function whyNot(model: ModelInfo, files: readonly FileKind[]): string | null {
  const other = model.draws ? files.find(file => file.type !== 'image') : undefined
  if (other) return `A picture can be made of words and pictures only. Remove “${other.name}”.`
  const picture = files.find(file => file.type === 'image')
  return picture && !model.accepts.image ? `${model.label} cannot see pictures. Choose another model or remove “${picture.name}”.` : null
}

/** How files a model doesn't take itself will reach it, in a sentence; null when all go as they are. */
export function howGiven(model: ModelInfo, files: readonly FileKind[]): string | null {
  if (model.draws) return null
  const ways = new Set(files.flatMap((file) => {
    if (file.type === 'audio' && !model.accepts.audio) return ['sound as its transcript']
    if (file.type === 'video' && !model.accepts.video) return [model.accepts.image ? 'video as pictures and transcript' : 'video as its transcript']
    if (file.type === 'file' && !(file.mime === 'application/pdf' && model.accepts.pdf)) return ['documents as their text']
    return []
  }))
  return ways.size ? `${model.label} gets ${new Intl.ListFormat('en').format(ways)}.` : null
}
