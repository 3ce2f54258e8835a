import { newId } from '~~/shared/ids'
import { mediaLimits, type MediaType, type MediaView } from '~~/shared/media'
import { localMedia, localView, typeOfMime } from '~/utils/local-media'
import { RefusedError, sentenceFor } from '~/utils/problems'
import { makePace } from '~/utils/upload-pace'
import { cancelUpload, keepFile, startUpload } from '~/utils/uploads'
import { sayBytes } from '~/utils/words'

export interface Attachment {
  /** The media id it has, or will have, on the server. */
  id: string
  name: string
  mime: string
  bytes: number
  type: MediaType
  previewUrl: string | null
  status: 'kept' | 'uploading' | 'processing' | 'ready' | 'refused'
  /** 0 to 100 of the uploading, then of the processing. */
  progress: number
  bytesPerSecond: number | null
  secondsLeft: number | null
  problem: string | null
}

/** Why a file cannot be taken, before anything is sent; null when it can. */
function refusalOf(file: File, already: number): string | null {
  if (already >= mediaLimits.maxPerMessage) return `A message carries ${mediaLimits.maxPerMessage} files at most.`
  if (file.size === 0) return `“${file.name}” is empty.`
  return file.size > mediaLimits.maxBytes ? `“${file.name}” is too large: ${sayBytes(mediaLimits.maxBytes)} at most.` : null
}

const describe = (file: File): Attachment => {
  const type = typeOfMime(file.type)
  return {
    id: newId(), name: file.name.slice(-mediaLimits.nameLength) || 'file', mime: file.type, bytes: file.size, type,
    previewUrl: type === 'file' ? null : URL.createObjectURL(file), status: 'kept', progress: 0, bytesPerSecond: null, secondsLeft: null, problem: null,
  }
}

const afterUpload = (media: MediaView): Partial<Attachment> => {
  const at = { type: media.type, mime: media.mime, bytesPerSecond: null, secondsLeft: null }
  if (media.status === 'failed') return { ...at, status: 'refused', problem: media.error?.message ?? 'It could not be read.' }
  return media.status === 'ready' ? { ...at, status: 'ready', progress: 100 } : { ...at, status: 'processing', progress: media.progress }
}

const trouble = (error: unknown): Partial<Attachment> => {
  const idle = { progress: 0, bytesPerSecond: null, secondsLeft: null }
  return error instanceof RefusedError ? { ...idle, status: 'refused', problem: sentenceFor(error) } : { ...idle, status: 'kept' }
}

/** Uploads one file, telling every step as a change of its attachment. */
async function run({ id, name }: Attachment, file: File, change: (changes: Partial<Attachment>) => void): Promise<void> {
  const pace = makePace(file.size)
  change({ status: 'uploading', problem: null })
  try {
    const media = await startUpload(id, name, file, (sent) => {
      change({ progress: Math.min(100, Math.round(sent / file.size * 100)), ...pace(sent, Date.now()) })
    })
    change(afterUpload(media))
  }
  catch (error) {
    change(trouble(error))
  }
}

/** Files beside the text that is being written. They are uploaded at once; what cannot go now is kept and goes later. */
export function useUpload(conversationId: MaybeRefOrGetter<string>) {
  const attachments = ref<Attachment[]>([])
  const files = new Map<string, File>()
  const facts = useLineFacts()

  const change = (id: string, changes: Partial<Attachment>) => {
    const attachment = attachments.value.find(one => one.id === id)
    if (attachment) Object.assign(attachment, changes)
  }
  const upload = (attachment: Attachment, file: File) => run(attachment, file, changes => change(attachment.id, changes))

  async function addOne(file: File) {
    const attachment = describe(file)
    const problem = refusalOf(file, attachments.value.filter(one => one.status !== 'refused').length)
    attachments.value.push(problem ? { ...attachment, status: 'refused', problem } : attachment)
    if (problem) return
    files.set(attachment.id, file)
    localMedia.set(attachment.id, localView(attachment))
    await keepFile(attachment.id, file)
    if (files.has(attachment.id)) await upload(attachment, file)
  }
  const add = (added: File[]) => { for (const file of added) void addOne(file) }

  /** Takes one away, ending its upload. */
  function remove(id: string) {
    const attachment = attachments.value.find(one => one.id === id)
    if (!attachment) return
    attachments.value = attachments.value.filter(one => one.id !== id)
    files.delete(id)
    if (attachment.previewUrl) URL.revokeObjectURL(attachment.previewUrl)
    if (localMedia.has(id)) void cancelUpload(id)
  }

  /** Empties the row once a message carries the files; their uploads go on. */
  function clear() {
    attachments.value = []
    files.clear()
  }
  // A file belongs to the conversation it was chosen in.
  watch(() => toValue(conversationId), clear)

  if (import.meta.client) {
    onScopeDispose(useSocket().on(event => event.type === 'media.changed' && change(event.media.id, afterUpload(event.media))))
    watch(() => facts.value.state, (state) => {
      if (state !== 'online') return
      for (const one of attachments.value) {
        const file = one.status === 'kept' ? files.get(one.id) : undefined
        if (file) void upload(one, file)
      }
    })
  }

  /** True when every file has arrived (its processing may go on). A message may be sent before. */
  const settled = computed(() => attachments.value.every(one => one.status === 'processing' || one.status === 'ready'))
  return { attachments, add, remove, clear, settled }
}
