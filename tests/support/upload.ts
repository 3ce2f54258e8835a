/** What the page does with a ticket, in the few lines a test needs. */
import type { UploadTicket } from '../../shared/media.ts'

export function sendByTicket(ticket: Omit<UploadTicket, 'parts'>, bytes: Uint8Array, reach: (url: string) => string = url => url): Promise<Response> {
  if (ticket.method === 'PUT') return fetch(reach(ticket.url), { method: 'PUT', headers: ticket.headers, body: new Uint8Array(bytes) })
  const form = new FormData()
  for (const [name, value] of Object.entries(ticket.fields)) form.append(name, value)
  form.append('file', new Blob([new Uint8Array(bytes)]))
  return fetch(reach(ticket.url), { method: 'POST', body: form })
}
