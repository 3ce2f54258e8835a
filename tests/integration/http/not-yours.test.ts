/** Promise 10 over REST: every route, tried by nobody, by a session that was ended, by another user and by a guest. */
import { describe, expect, it } from 'vitest'
import { newId } from '../../../shared/ids.ts'
import { routes } from '../../../server/openapi/routes.ts'
import type { Services } from '../../../server/services.ts'
import { withHttp, type Browser, type TestHttp } from '../../support/http.ts'
import { withServices } from '../../support/services.ts'

/** What the owner has, by id. */
interface Things { conversationId: string, messageId: string, replyId: string, mediaId: string, sessionId: string }
interface Request { path: string, body?: unknown, headers?: Record<string, string> }
interface Row {
  /** How the route is called with the owner's things; several where it can do several things. */
  ask(things: Things): Request[]
  /** What another user gets: the status of a refusal, or 'theirs': an answer about their own things alone. */
  others: number | 'theirs'
}

const one = (path: (things: Things) => string, others: Row['others'], body?: (things: Things) => unknown): Row =>
  ({ ask: things => [{ path: path(things), ...(body ? { body: body(things) } : {}) }], others })

const commands = (t: Things) => [
  { type: 'message.send', conversationId: t.conversationId, messageId: newId(), replyId: newId(), content: 'hi', mediaIds: [] },
  { type: 'message.edit', conversationId: t.conversationId, editedId: t.messageId, messageId: newId(), replyId: newId(), content: 'hi', mediaIds: [] },
  { type: 'reply.regenerate', conversationId: t.conversationId, messageId: t.replyId, replyId: newId() },
  { type: 'reply.retry', conversationId: t.conversationId, messageId: t.replyId },
  { type: 'reply.stop', conversationId: t.conversationId, messageId: t.replyId },
  { type: 'conversation.change', conversationId: t.conversationId, title: 'Mine now' },
  { type: 'conversation.delete', conversationId: t.conversationId },
].map(command => ({ path: '/api/commands', body: { ...command, id: newId() } }))

/** A route that asks who it is and isn't here has nobody trying it: the first test says so. */
const rows: Record<string, Row> = {
  'post /api/auth/sign-out': one(() => '/api/auth/sign-out', 'theirs'),
  'post /api/auth/change-password': one(() => '/api/auth/change-password', 403, () => ({ currentPassword: 'not known', newPassword: 'a loud harbour' })),
  'patch /api/account': one(() => '/api/account', 'theirs', () => ({ name: 'Somebody' })),
  'delete /api/account': one(() => '/api/account', 403, () => ({ password: 'not known' })),
  'get /api/account/second-factor': one(() => '/api/account/second-factor', 'theirs'),
  'post /api/account/second-factor': one(() => '/api/account/second-factor', 403, () => ({ password: 'not known' })),
  'post /api/account/second-factor/confirm': one(() => '/api/account/second-factor/confirm', 409, () => ({ code: '123456' })),
  'delete /api/account/second-factor': one(() => '/api/account/second-factor', 403, () => ({ password: 'not known' })),
  'post /api/account/second-factor/backup-codes': one(() => '/api/account/second-factor/backup-codes', 409, () => ({ password: 'not known' })),
  'get /api/sessions': one(() => '/api/sessions', 'theirs'),
  'delete /api/sessions': one(() => '/api/sessions', 'theirs'),
  'delete /api/sessions/:id': one(t => `/api/sessions/${t.sessionId}`, 404),
  'get /api/models': one(() => '/api/models', 'theirs'),
  'post /api/commands': { ask: commands, others: 404 },
  'get /api/live': { ask: () => [], others: 'theirs' },
  'get /api/conversations': one(() => '/api/conversations', 'theirs'),
  'get /api/conversations/:id': one(t => `/api/conversations/${t.conversationId}`, 404),
  'get /api/conversations/:id/messages': one(t => `/api/conversations/${t.conversationId}/messages?before=${t.replyId}`, 404),
  'get /api/conversations/:id/media': one(t => `/api/conversations/${t.conversationId}/media`, 404),
  'post /api/conversations/:id/messages/:messageId/speech': one(t => `/api/conversations/${t.conversationId}/messages/${t.replyId}/speech`, 404),
  'delete /api/conversations/:id/messages/:messageId/speech': one(t => `/api/conversations/${t.conversationId}/messages/${t.replyId}/speech`, 404),
  'get /api/media': one(t => `/api/media?ids=${t.mediaId}`, 'theirs'),
  'post /api/media': one(() => '/api/media', 409, t => ({ id: t.mediaId, name: 'a.png', mime: 'image/png', bytes: 10 })),
  'get /api/media/storage': one(() => '/api/media/storage', 'theirs'),
  'post /api/media/:id/parts': one(t => `/api/media/${t.mediaId}/parts`, 404, () => ({ numbers: [1] })),
  'put /api/media/:id/content': { ask: t => [{ path: `/api/media/${t.mediaId}/content`, body: '1234567890', headers: { 'content-type': 'application/octet-stream' } }], others: 404 },
  'post /api/media/:id/confirm': one(t => `/api/media/${t.mediaId}/confirm`, 404, () => ({})),
  'get /api/media/:id/text': one(t => `/api/media/${t.mediaId}/text`, 404),
  'delete /api/media/:id': one(t => `/api/media/${t.mediaId}`, 404),
  'get /api/search': one(() => '/api/search?q=harbour', 'theirs'),
  'post /api/examples': one(() => '/api/examples', 'theirs'),
}

const asking = routes.filter(({ route }) => route.route.access === 'user')
const nameOf = ({ method, path }: { method: string, path: string }) => `${method} ${path}`

async function giveThings(http: TestHttp, { database: { db, tables } }: Services): Promise<{ owner: Browser & { id: string }, things: Things }> {
  const owner = await http.user()
  const { body } = await owner.send<{ conversationIds: string[] }>('POST', '/api/examples')
  const conversationId = body.conversationIds[0] ?? ''
  const messages = await db.select().from(tables.message)
  const find = (role: string) => messages.find(row => row.conversationId === conversationId && row.role === role)?.id ?? ''
  const [media] = await db.select().from(tables.media)
  const [session] = await db.select().from(tables.session)
  return { owner, things: { conversationId, messageId: find('user'), replyId: find('assistant'), mediaId: media?.id ?? '', sessionId: session?.id ?? '' } }
}

/** All the owner has, to see that nobody changed it. */
async function all({ database: { db, tables } }: Services, ownerId: string): Promise<string> {
  const conversations = (await db.select().from(tables.conversation)).filter(row => row.userId === ownerId)
  const ids = new Set(conversations.map(row => row.id))
  const messages = (await db.select().from(tables.message)).filter(row => ids.has(row.conversationId))
  const media = (await db.select().from(tables.media)).filter(row => row.userId === ownerId)
  const sessions = (await db.select().from(tables.session)).filter(row => row.userId === ownerId)
  return JSON.stringify([conversations, messages, media, sessions, (await db.select().from(tables.tombstone))])
}

const ask = (browser: Browser, { method }: { method: string }, { path, body, headers }: Request) => browser.send(method.toUpperCase(), path, body, headers)

function expectNothingOf(tried: { owner: { id: string }, things: Things, others: Row['others'] | undefined, asked: string }, answer: { status: number, text: string }): void {
  const { owner, things, others, asked } = tried
  expect([asked, answer.status]).toEqual([asked, others === 'theirs' ? 200 : others])
  // A refusal may name what was asked for; an answer about one's own things may not.
  for (const secret of [owner.id, things.sessionId, ...(others === 'theirs' ? Object.values(things) : [])]) expect(answer.text).not.toContain(secret)
  if (!asked.startsWith('post /api/examples')) expect(answer.text).not.toMatch(/harbour/i)
}

describe('every route that asks who it is', () => {
  it('has a row here', () => {
    expect(asking.map(nameOf).filter(name => !(name in rows))).toEqual([])
  })

  it('is closed to nobody, to a session that was ended and to one that was made up', () => withServices('sqlite', ({ services }) => withHttp(services, async (http) => {
    const { owner, things } = await giveThings(http, services)
    const before = await all(services, owner.id)
    const ended = await http.user()
    const cookies = new Map(ended.cookies)
    await ended.send('POST', '/api/auth/sign-out')
    const [nobody, revoked, forged] = [http.browser(), http.browser(), http.browser()]
    for (const [name, value] of cookies) {
      revoked.cookies.set(name, value)
      forged.cookies.set(name, `${'a'.repeat(32)}.${value.split('.')[1] ?? ''}`)
    }
    for (const listed of asking) {
      for (const request of rows[nameOf(listed)]?.ask(things) ?? []) {
        for (const browser of [nobody, revoked, forged]) {
          const answer = await ask(browser, listed, request)
          expect([nameOf(listed), answer.status, answer.body]).toEqual([nameOf(listed), 401, { error: { code: 'not_signed_in', message: 'Please sign in first.' } }])
        }
      }
    }
    expect(await all(services, owner.id)).toBe(before)
  })))

  it.each(['another user', 'a guest'] as const)('gives %s nothing of the owner’s, and lets them change nothing', who => withServices('sqlite', ({ services }) => withHttp(services, async (http) => {
    const { owner, things } = await giveThings(http, services)
    const before = await all(services, owner.id)
    for (const listed of asking) {
      const row = rows[nameOf(listed)]
      for (const request of row?.ask(things) ?? []) {
        const other = who === 'a guest' ? await http.guest() : await http.user()
        const answer = await ask(other, listed, request)
        // A guest has no password: leaving is theirs to do, and what they leave is their own.
        const leaves = who === 'a guest' && nameOf(listed) === 'delete /api/account'
        expectNothingOf({ owner, things, others: leaves ? 'theirs' : row?.others, asked: `${nameOf(listed)} ${JSON.stringify(request.body ?? '')}` }, answer)
      }
    }
    expect(await all(services, owner.id)).toBe(before)
  })))
})
