/** Which files belong to the text that is being written in a conversation, kept in this browser over reloads as the text is. */
import type { AttachmentView } from './attachment.ts'
import { keepOwn, readOwn } from './own-storage.ts'

export type KeptAttachment = Pick<AttachmentView, 'id' | 'name' | 'mime' | 'bytes' | 'type' | 'shared'>

/** Uploads that no message took are removed from the server after a day. */
const keptForMs = 24 * 3600_000

const isKept = (value: unknown): value is KeptAttachment => typeof value === 'object' && value !== null && 'id' in value && 'bytes' in value

export function readAttachments(userId: string, key: string): KeptAttachment[] {
  const stored = readOwn('attachments', userId, key)
  if (typeof stored !== 'object' || stored === null || !('at' in stored) || !('files' in stored)) return []
  return Number(stored.at) > Date.now() - keptForMs && Array.isArray(stored.files) ? stored.files.filter(isKept) : []
}

export function keepAttachments(userId: string, key: string, attachments: readonly AttachmentView[]): void {
  const files = attachments.filter(one => one.status !== 'refused').map(({ id, name, mime, bytes, type, shared }): KeptAttachment => ({ id, name, mime, bytes, type, shared }))
  keepOwn('attachments', userId, key, files.length ? { files } : null)
}
