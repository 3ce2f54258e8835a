import { newId } from '../shared/ids.ts'
import { localMedia, localView, typeOfMime } from './local-media.ts'
import { keepFile, startUpload } from './uploads.ts'

/** Takes a file that goes out with a message at once: kept here, and on its way. @returns its media id */
export async function keepForSending(file: File): Promise<string> {
  const id = newId()
  localMedia.set(id, localView({ id, name: file.name, mime: file.type, bytes: file.size, type: typeOfMime(file.type), previewUrl: URL.createObjectURL(file) }))
  await keepFile(id, file)
  // Whatever becomes of this try: the outbox sees to it that the file arrives before its message.
  startUpload(id, file.name, file).catch(() => undefined)
  return id
}
