/** What the page does with a ticket, in the few lines a test needs. */
import { newId } from '../../shared/ids.ts'
import type { MediaView, UploadTicket } from '../../shared/media.ts'
import { sendContent, type Session } from './client.ts'
import type { Sample } from './samples.ts'
import { until } from './until.ts'

export function sendByTicket(ticket: Omit<UploadTicket, 'parts'>, bytes: Uint8Array, reach: (url: string) => string = url => url): Promise<Response> {
  if (ticket.method === 'PUT') return fetch(reach(ticket.url), { method: 'PUT', headers: ticket.headers, body: new Uint8Array(bytes) })
  const form = new FormData()
  for (const [name, value] of Object.entries(ticket.fields)) form.append(name, value)
  form.append('file', new Blob([new Uint8Array(bytes)]))
  return fetch(reach(ticket.url), { method: 'POST', body: form })
}

/** What the page does with a file until it has arrived: straight to the store, else through a server, again and again. @returns its id. */
export async function uploadPatiently(anywhere: () => Session, { name, mime, bytes }: Sample): Promise<string> {
  const id = newId()
  await until(async () => {
    const session = anywhere()
    const { status, body } = await session.request<{ media: MediaView, ticket: UploadTicket | null }>('POST', '/api/media', { id, name, mime, bytes: bytes.length })
    if (status !== 200) return false
    if (!body.ticket) return true
    const straight = await sendByTicket(body.ticket, bytes).catch(() => null)
    if (!straight?.ok && (await sendContent(session, `/api/media/${id}/content`, bytes, mime)).status !== 200) return false
    return (await session.request('POST', `/api/media/${id}/confirm`, {})).status === 200
  }, { withinMs: 60_000, what: 'an upload' })
  return id
}
