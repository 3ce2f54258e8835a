/** Brings one file to the media store: ticket, then straight to the store or, where that cannot be reached, through our server; then confirm. */
import type { MediaView, UploadTicket } from '../shared/media.ts'
import { LostError, RefusedError, findProblem } from './problems.ts'

export interface UploadInput {
  id: string
  name: string
  file: Blob
  signal: AbortSignal
  progress(sentBytes: number): void
}

interface Sending {
  method: 'POST' | 'PUT'
  url: string
  headers: Record<string, string>
  body: Blob | FormData
}

/** Our server and the store get this long without a byte moving. */
const stallMs = 60_000

/** Sends with progress, which `fetch` cannot tell. Gives status and body; 0 when nothing came back (network, CORS). */
function sendBytes({ method, url, headers, body }: Sending, { signal, progress }: UploadInput): Promise<{ status: number, text: string }> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    let stalled: ReturnType<typeof setTimeout> | undefined
    const move = () => {
      clearTimeout(stalled)
      stalled = setTimeout(() => request.abort(), stallMs)
    }
    const abort = () => request.abort()
    const end = (status: number) => {
      clearTimeout(stalled)
      signal.removeEventListener('abort', abort)
      if (signal.aborted) reject(signal.reason)
      else resolve({ status, text: status === 0 ? '' : request.responseText })
    }
    request.upload.onprogress = (event) => {
      move()
      progress(event.loaded)
    }
    request.onload = () => end(request.status)
    request.onerror = request.onabort = () => end(0)
    signal.addEventListener('abort', abort)
    request.open(method, url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    move()
    request.send(body)
  })
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

const isGood = (status: number) => status >= 200 && status < 300

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
  const { media, ticket } = await ask<{ media: MediaView, ticket: UploadTicket | null }>('/api/media', signal, { id, name, mime, bytes: file.size })
  if (!ticket) return media
  const { status } = await sendBytes(toStore(ticket, file), input)
  // Whatever the store's answer was, our server either gets it through or says why not in words.
  if (!isGood(status)) await throughServer(input)
  return (await ask<{ media: MediaView }>(`/api/media/${id}/confirm`, signal, {})).media
}
