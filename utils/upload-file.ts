/**
 * Brings one file to the media store: ticket, then straight to the store, large ones in parts; where the store cannot be
 * reached, through our server; then confirm.
 */
import type { MediaView, PartsView, UploadTicket } from '../shared/media.ts'
import { hashOf } from './file-hash.ts'
import type { PartDigests } from './part-digests.ts'
import { LostError, RefusedError, findProblem } from './problems.ts'
import { isGood, sendBytes, type Sending } from './send-bytes.ts'
import { sendInParts } from './upload-parts.ts'

export interface UploadInput {
  id: string
  name: string
  file: Blob
  signal: AbortSignal
  progress(sentBytes: number): void
  digests: PartDigests | null
}

function toStore(ticket: UploadTicket, file: Blob): Sending {
  const { method, url, headers, fields } = ticket
  if (method === 'PUT') return { method, url, headers, body: file }
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  // S3 ignores every field after the file.
  form.append('file', file)
  return { method, url, headers, body: form }
}

async function ask<T>(path: string, signal: AbortSignal, body: unknown): Promise<T> {
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal }
  const response = await fetch(path, request).catch((error: unknown) => {
    if (signal.aborted) throw signal.reason
    throw new LostError(String(error))
  })
  const answer: unknown = await response.json().catch(() => null)
  if (response.ok) return answer as T
  const problem = findProblem({ data: answer })
  if (problem) throw new RefusedError(problem)
  throw new LostError(`${path} answered ${response.status}`)
}

const pause = (ms: number, signal: AbortSignal) => new Promise<void>((resolve, reject) => {
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    reject(signal.reason)
  }, { once: true })
})

/** True when the store has the bytes. */
async function straight(ticket: UploadTicket, input: UploadInput): Promise<boolean> {
  const { id, file, signal, progress, digests } = input
  if (!ticket.parts) return isGood((await sendBytes(toStore(ticket, file), input)).status)
  const askParts = (numbers: number[]) => ask<PartsView>(`/api/media/${id}/parts`, signal, { numbers })
  return sendInParts({ file, signal, progress, digests, ask: askParts, send: sendBytes, pause: ms => pause(ms, signal) })
}

async function throughServer(input: UploadInput): Promise<void> {
  const headers = { 'content-type': input.file.type || 'application/octet-stream' }
  const { status, text } = await sendBytes({ method: 'PUT', url: `/api/media/${input.id}/content`, headers, body: input.file }, input)
  if (isGood(status)) return
  const problem = status > 0 && findProblem({ data: parse(text) })
  throw problem ? new RefusedError(problem) : new LostError(`The upload ended with ${status}`)
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  }
  catch {
    return null
  }
}

/**
 * Uploads and confirms. May be repeated with the same id until it succeeds. Rejects with `RefusedError` when the server
 * said no, `LostError` when there was no way through, and the signal's reason when it was cancelled.
 */
export async function uploadFile(input: UploadInput): Promise<MediaView> {
  const { id, name, file, signal } = input
  const mime = /^[\w.+-]+\/[\w.+-]+$/.exec(file.type)?.[0] ?? ''
  const sha256 = await hashOf(file)
  signal.throwIfAborted()
  const { media, ticket } = await ask<{ media: MediaView, ticket: UploadTicket | null }>('/api/media', signal, { id, name, mime, bytes: file.size, sha256 })
  if (!ticket) return media
  // Whatever the store's answer was, our server either gets it through or says why not in words.
  if (!await straight(ticket, input)) await throughServer(input)
  return (await ask<{ media: MediaView }>(`/api/media/${id}/confirm`, signal, {})).media
}
