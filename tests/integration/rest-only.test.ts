/** "Enough to live without the socket": a script that knows HTTP alone does all that a person can, on a real server. */
import { expect, it } from 'vitest'
import type { ConversationView, MessagePage, MessageView, Snapshot } from '../../shared/conversation.ts'
import { newId } from '../../shared/ids.ts'
import type { MediaView, UploadTicket } from '../../shared/media.ts'
import { useLive } from '../support/live.ts'
import { textOfScript } from '../support/scripted-llm.ts'

const live = useLive()

/** A cookie jar and `fetch`; throws for every refusal. */
function openScript(url: string) {
  let cookie = ''
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(url + path, { method, headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    const set = response.headers.getSetCookie()
    if (set.length > 0) cookie = set.map(line => line.split(';')[0]).join('; ')
    const answer = await response.json() as T
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`)
    return answer
  }
  const command = (body: object) => call<{ answer: { seq: number } }>('POST', '/api/commands', { id: newId(), ...body })
  const reply = async (conversationId: string, replyId: string): Promise<MessageView> => {
    const { message } = await call<{ message: MessageView }>('GET', `/api/conversations/${conversationId}/messages/${replyId}?wait=50`)
    return ['done', 'stopped', 'failed'].includes(message.status) ? message : reply(conversationId, replyId)
  }
  const snapshot = (id: string) => call<Snapshot>('GET', `/api/conversations/${id}`)
  const raw = (path: string, init: RequestInit = {}) => fetch(new URL(path, url), { ...init, headers: { cookie, ...init.headers } })
  return { call, command, reply, snapshot, raw }
}

it('signs in, sends, waits, edits, regenerates, stops, tries again, renames, searches and deletes', async () => {
  const { call, command, reply, snapshot } = openScript(live.server.url)
  const account = { username: 'script-1', password: 'a quiet harbour' }
  await call('POST', '/api/auth/sign-up/email', account)
  await call('POST', '/api/auth/sign-out')
  await call('POST', '/api/auth/sign-in/username', account)
  expect((await call<{ user: { username: string } }>('GET', '/api/session')).user.username).toBe('script-1')
  const { models } = await call<{ models: { id: string }[] }>('GET', '/api/models')

  const [conversationId, messageId, replyId] = [newId(), newId(), newId()]
  const script = { tokens: 30, name: 'rest 1' }
  await command({ type: 'message.send', conversationId, messageId, replyId, content: JSON.stringify(script), mediaIds: [], model: models[0]?.id })
  expect((await reply(conversationId, replyId)).content).toBe(textOfScript(script))

  const again = newId()
  await command({ type: 'reply.regenerate', conversationId, messageId: replyId, replyId: again })
  expect((await reply(conversationId, again)).content).toBe(textOfScript(script))
  expect((await snapshot(conversationId)).siblings[again]).toEqual([replyId, again])
  await command({ type: 'conversation.change', conversationId, activeMessageId: replyId })
  expect((await snapshot(conversationId)).messages.at(-1)?.id).toBe(replyId)

  const [edited, editedReply] = [newId(), newId()]
  await command({ type: 'message.edit', conversationId, editedId: messageId, messageId: edited, replyId: editedReply, content: JSON.stringify({ tokens: 5000, perSecond: 20, name: 'rest 2' }), mediaIds: [] })
  expect((await call<{ message: MessageView }>('GET', `/api/conversations/${conversationId}/messages/${editedReply}?wait=1`)).message.status).toMatch(/waiting|writing/)
  await command({ type: 'reply.stop', conversationId, messageId: editedReply })
  expect((await reply(conversationId, editedReply)).status).toBe('stopped')
  await command({ type: 'reply.retry', conversationId, messageId: editedReply })
  await command({ type: 'reply.stop', conversationId, messageId: editedReply })
  expect((await reply(conversationId, editedReply)).status).toBe('stopped')

  await command({ type: 'conversation.change', conversationId, title: 'Written by a script', pinned: true, archived: true, instructions: 'Be brief.' })
  const { conversations } = await call<{ conversations: ConversationView[] }>('GET', '/api/conversations?limit=1')
  expect(conversations[0]).toMatchObject({ id: conversationId, title: 'Written by a script', instructions: 'Be brief.', pinnedAt: expect.any(Number), archivedAt: expect.any(Number) })
  expect((await call<MessagePage>('GET', `/api/conversations/${conversationId}/messages?before=${editedReply}`)).messages.map(message => message.id)).toEqual([edited])
  const { results } = await call<{ results: { conversationId: string }[] }>('GET', '/api/search?q=consectetur')
  expect(results[0]?.conversationId).toBe(conversationId)

  await command({ type: 'conversation.delete', conversationId })
  await expect(snapshot(conversationId)).rejects.toThrow('404')
})

it('sends a file with a message, and gets it back byte for byte', async () => {
  const { call, command, reply, snapshot, raw } = openScript(live.server.url)
  await call('POST', '/api/auth/sign-in/anonymous')
  const [conversationId, messageId, replyId, id] = [newId(), newId(), newId(), newId()]
  const bytes = Buffer.from('name,colour\nsea,blue\n'.repeat(500))
  const { ticket } = await call<{ ticket: UploadTicket }>('POST', '/api/media', { id, name: 'sea.csv', mime: 'text/csv', bytes: bytes.length })
  expect((await raw(ticket.url, { method: ticket.method, headers: ticket.headers, body: bytes })).status).toBe(204)
  await call('POST', `/api/media/${id}/confirm`, {})
  await command({ type: 'message.send', conversationId, messageId, replyId, content: '{"tokens":5}', mediaIds: [id] })
  expect((await reply(conversationId, replyId)).status).toBe('done')
  const [file] = (await snapshot(conversationId)).messages[0]!.media
  expect(file).toMatchObject({ id, name: 'sea.csv', status: 'ready' })
  expect(Buffer.from(await (await raw(file!.original!.url)).arrayBuffer()).equals(bytes)).toBe(true)
  expect((await call<{ text: string }>('GET', `/api/media/${id}/text`)).text).toContain('sea,blue')
  expect((await call<{ media: MediaView[] }>('GET', `/api/conversations/${conversationId}/media`)).media.map(media => media.id)).toEqual([id])
  expect((await call<{ count: number }>('GET', '/api/media/storage')).count).toBe(1)
  await call('DELETE', `/api/media/${id}`)
  expect((await snapshot(conversationId)).messages[0]?.media).toEqual([])
})
