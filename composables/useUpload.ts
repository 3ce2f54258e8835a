import { newId } from '~~/shared/ids'
import { mediaLimits, type MediaView, type PartsView } from '~~/shared/media'
import type { AttachmentView } from '~/utils/attachment'
import { localMedia, localView, typeOfMime } from '~/utils/local-media'
import { keepAttachments, readAttachments, type KeptAttachment } from '~/utils/kept-attachments'
import { isPassing, RefusedError, sentenceFor } from '~/utils/problems'
import { makePace } from '~/utils/upload-pace'
import { cancelUpload, isNotKept, keepFile, keptFile, startUpload } from '~/utils/uploads'
import { sayBytes } from '~/utils/words'

/** Why a file cannot be taken, before anything is sent; null when it can. */
function refusalOf(file: File, already: number): string | null {
  if (already >= mediaLimits.maxPerMessage) return `A message carries ${mediaLimits.maxPerMessage} files at most.`
  if (file.size === 0) return `“${file.name}” is empty.`
  return file.size > mediaLimits.maxBytes ? `“${file.name}” is too large: ${sayBytes(mediaLimits.maxBytes)} at most.` : null
}

const describe = (file: File): AttachmentView => {
  const type = typeOfMime(file.type)
  return {
    id: newId(), name: file.name.slice(-mediaLimits.nameLength) || 'file', mime: file.type, bytes: file.size, type,
    previewUrl: type === 'file' ? null : URL.createObjectURL(file), status: 'kept', progress: 0, bytesPerSecond: null, secondsLeft: null, problem: null, shared: false,
  }
}

const afterUpload = (media: MediaView): Partial<AttachmentView> => {
  const at = { type: media.type, mime: media.mime, bytesPerSecond: null, secondsLeft: null }
  if (media.status === 'failed') return { ...at, status: 'refused', problem: media.error?.message ?? 'It could not be read.' }
  return media.status === 'ready' ? { ...at, status: 'ready', progress: 100 } : { ...at, status: 'processing', progress: media.progress }
}

const trouble = (error: unknown): Partial<AttachmentView> => {
  const idle = { bytesPerSecond: null, secondsLeft: null }
  if (error instanceof RefusedError && !isPassing(error.problem)) return { ...idle, progress: 0, status: 'refused', problem: sentenceFor(error) }
  return { ...idle, status: 'kept' }
}

/** Puts a picture that stands in the conversation beside the text as well, once. */
function share(media: MediaView, attachments: AttachmentView[]) {
  if (attachments.some(one => one.id === media.id)) return
  localMedia.set(media.id, media)
  attachments.push({
    id: media.id, name: media.name, mime: media.mime, bytes: media.bytes, type: media.type, previewUrl: (media.thumbnail ?? media.original)?.url ?? null,
    status: 'ready', progress: 100, bytesPerSecond: null, secondsLeft: null, problem: null, shared: true,
  })
}

/** A file that was chosen before a reload. */
const asItWas = (kept: KeptAttachment, file: Blob | null): AttachmentView => ({
  ...kept, previewUrl: file && kept.type !== 'file' ? URL.createObjectURL(file) : null,
  status: 'kept', progress: 0, bytesPerSecond: null, secondsLeft: null, problem: null,
})

/** How much of a file the server has, in percent. */
async function arrivedOf(id: string, bytes: number): Promise<number> {
  const parts = await $fetch<PartsView>(`/api/media/${id}/parts`, { method: 'POST', body: { numbers: [] } }).catch(() => null)
  return parts ? Math.min(100, Math.round(parts.received.length * parts.bytes / bytes * 100)) : 0
}

/** What the server knows of a file that was chosen before a reload, and whose bytes aren't here any more. */
async function askAfter({ id, bytes }: KeptAttachment): Promise<Partial<AttachmentView>> {
  const { media } = await $fetch<{ media: MediaView[] }>('/api/media', { query: { ids: id } }).catch(() => ({ media: [] }))
  const [known] = media
  if (known) localMedia.set(id, known)
  if (known && known.status !== 'uploading') return { ...afterUpload(known), previewUrl: known.thumbnail?.url ?? null }
  return { status: 'missing', progress: known ? await arrivedOf(id, bytes) : 0 }
}

/** Why a file cannot be the one that is missing, by its size; what it has besides is compared when it is sent. */
const otherFile = (file: File, { bytes }: AttachmentView): string | null =>
  file.size === bytes ? null : `“${file.name}” has ${sayBytes(file.size)} and not ${sayBytes(bytes)}. Choose the same file.`

/** Uploads one file, telling every step as a change of its attachment. */
async function run({ id, name }: AttachmentView, file: Blob, change: (changes: Partial<AttachmentView>) => void): Promise<void> {
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

/** What could not go although there is a line (a store that is down) is tried again after this. */
const againMs = 4_000

/** The files of one message: what is shown of them, and the bytes of those that are here. */
function useRow() {
  const attachments = ref<AttachmentView[]>([])
  const files = new Map<string, Blob>()
  const find = (id: string) => attachments.value.find(one => one.id === id)
  const change = (id: string, changes: Partial<AttachmentView>) => { Object.assign(find(id) ?? {}, changes) }
  const upload = (attachment: AttachmentView) => {
    const file = files.get(attachment.id)
    if (file) void run(attachment, file, changes => change(attachment.id, changes))
  }

  /** Goes on with a file whose bytes a reload took away. */
  function chooseAgain(id: string, file: File) {
    const attachment = find(id)
    if (attachment?.status !== 'missing') return
    const problem = otherFile(file, attachment)
    if (problem) return change(id, { problem })
    files.set(id, file)
    isNotKept(id)
    change(id, { previewUrl: attachment.type === 'file' ? null : URL.createObjectURL(file) })
    upload(attachment)
  }
  return { attachments, files, find, change, upload, chooseAgain }
}

/** Remembers the row under `key`, as the draft is; brings back what was remembered. */
function useKeptRow(key: () => string, attachments: Ref<AttachmentView[]>, bringBack: (kept: KeptAttachment) => void) {
  const userId = useOwnId()
  const keep = (under: string, row: AttachmentView[]) => keepAttachments(userId(), under, row)
  onMounted(() => {
    for (const kept of readAttachments(userId(), key())) bringBack(kept)
    watch(() => attachments.value.map(one => one.id + one.status).join(), () => keep(key(), attachments.value))
    // A conversation has begun: what is attached from then on belongs to it.
    watch(key, (now, before) => {
      keep(before, [])
      keep(now, attachments.value)
    })
  })
}

/**
 * Files beside the text that is being written. They are uploaded at once; what cannot go now is kept and goes later. They
 * are remembered under `key`, as the draft is, and go on after a reload where they were; one that was too large to be kept
 * here, once it is chosen again.
 */
export function useUpload(key: () => string) {
  const { attachments, files, find, change, upload, chooseAgain } = useRow()
  const facts = useLineFacts()

  async function addOne(file: File) {
    const missing = attachments.value.find(one => one.status === 'missing' && one.name === file.name && one.bytes === file.size)
    if (missing) return chooseAgain(missing.id, file)
    const attachment = describe(file)
    const problem = refusalOf(file, attachments.value.filter(one => one.status !== 'refused').length)
    attachments.value.push(problem ? { ...attachment, status: 'refused', problem } : attachment)
    if (problem) return
    files.set(attachment.id, file)
    localMedia.set(attachment.id, localView(attachment))
    await keepFile(attachment.id, file)
    upload(attachment)
  }
  const add = (added: File[]) => { for (const file of added) void addOne(file) }

  /** Takes one away, ending its upload. Gives the file, for whoever wants it back. */
  function remove(id: string): File | undefined {
    const attachment = find(id)
    if (!attachment) return
    const file = files.get(id)
    attachments.value = attachments.value.filter(one => one.id !== id)
    files.delete(id)
    if (attachment.shared) return
    if (attachment.previewUrl) URL.revokeObjectURL(attachment.previewUrl)
    if (localMedia.has(id)) void cancelUpload(id)
    return file && attachment.status !== 'refused' ? new File([file], attachment.name, { type: attachment.mime }) : undefined
  }

  async function bringBack(kept: KeptAttachment) {
    const file = await keptFile(kept.id)
    const attachment = asItWas(kept, file)
    localMedia.set(kept.id, localView(attachment))
    attachments.value.push(attachment)
    if (!file) return change(kept.id, await askAfter(kept))
    files.set(kept.id, file)
    upload(attachment)
  }

  /** Takes these out of the row, since a message carries them; their uploads go on. */
  function clear(sent: readonly string[]) {
    attachments.value = attachments.value.filter(one => !sent.includes(one.id))
    for (const id of sent) files.delete(id)
  }

  /** Sends what waits here, where there is a line. */
  function goOn() {
    if (facts.value.state === 'online') attachments.value.filter(one => one.status === 'kept').forEach(upload)
  }

  if (import.meta.client) {
    useKeptRow(key, attachments, kept => void bringBack(kept))
    useIntervalFn(goOn, againMs)
    onScopeDispose(useSocket().on(event => event.type === 'media.changed' && change(event.media.id, afterUpload(event.media))))
    watch(() => facts.value.state, goOn)
  }

  return { attachments, add, chooseAgain, addShared: (media: MediaView) => share(media, attachments.value), remove, clear }
}
