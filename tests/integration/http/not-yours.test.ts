/** Promise 10 over REST: every route there is a file of, tried by nobody, by a session that was ended, by another user and by a guest. */
import { describe, expect, it } from 'vitest'
import { ChangeCommand } from '../../../shared/protocol.ts'
import files from '../../../server/routes/files/[...key].ts'
import { closeLive, openLive } from '../../../server/live/live.ts'
import { routes } from '../../../server/openapi/routes.ts'
import type { Services } from '../../../server/services.ts'
import { withHttp, type Browser, type TestHttp } from '../../support/http.ts'
import { routeFiles } from '../../support/route-files.ts'
import { withServices } from '../../support/services.ts'
import { commandTypes, strangeCommands, triedTypes } from '../../support/strange-commands.ts'

/** What the owner has, by id, and a conversation of whoever tries. */
interface Things { conversationId: string, messageId: string, replyId: string, mediaId: string, sessionId: string, fileUrl: string, mineId: string, myMessageId: string }
interface Request { path: string, body?: unknown, headers?: Record<string, string> }
interface Row {
  /** How the route is called with the owner's things; several where it can do several things. */
  ask(things: Things): Request[]
  /** What another user gets: the status of a refusal, or 'theirs': an answer about their own things alone. */
  others: number | 'theirs'
}

const one = (path: (things: Things) => string, others: Row['others'], body?: (things: Things) => unknown): Row =>
  ({ ask: things => [{ path: path(things), ...(body ? { body: body(things) } : {}) }], others })

const commands = (t: Things): Request[] =>
  strangeCommands(t).filter(command => ChangeCommand.safeParse(command).success).map(body => ({ path: '/api/commands', body }))

/** Ways in and words about the server. What is said there is the same for everybody, or of whoever asks. */
const open: Record<string, (things: Things) => Request[]> = {
  'get /api/session': () => [{ path: '/api/session' }],
  'post /api/auth/sign-up/email': () => [{ path: '/api/auth/sign-up/email', body: {} }],
  'post /api/auth/sign-in/username': () => [{ path: '/api/auth/sign-in/username', body: { username: 'person1', password: 'not known' } }],
  'post /api/auth/second-factor': () => [{ path: '/api/auth/second-factor', body: { code: '123456' } }],
  'post /api/auth/sign-in/anonymous': () => [{ path: '/api/auth/sign-in/anonymous' }],
  'get /api/health': () => [{ path: '/api/health' }],
  'get /api/health/live': () => [{ path: '/api/health/live' }],
  'get /api/health/ready': () => [{ path: '/api/health/ready' }],
  'get /api/jobs/drain': () => [{ path: '/api/jobs/drain' }],
  'post /api/jobs/drain': () => [{ path: '/api/jobs/drain', body: {} }],
  'get /metrics': () => [{ path: '/metrics' }],
  'all /files/**': ({ fileUrl }) => {
    const path = fileUrl.split('?')[0] ?? ''
    return [path, `${path}?p=get`, fileUrl.replace(/\bs=[^&]+/, 's='), fileUrl.replace(/\be=\d+/, 'e=9999999999'), fileUrl.replace('p=get', 'p=put'), fileUrl.replace('/original', '/thumbnail')].map(path => ({ path }))
  },
}

/** Files that no test server of routes has, each with where it is tried. */
const elsewhere: Record<string, string> = {
  'get /api/openapi.json': 'made of schemas alone, http/built.test.ts',
  'get /api/docs': 'the same for everybody, http/built.test.ts',
  'get /api/docs/:file': 'the same for everybody, http/built.test.ts',
  'all /ws': 'not-yours-live.test.ts and live-following.test.ts',
}

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
  'get /api/account/export': one(() => '/api/account/export', 'theirs'),
  'get /api/sessions': one(() => '/api/sessions', 'theirs'),
  'delete /api/sessions': one(() => '/api/sessions', 'theirs'),
  'delete /api/sessions/:id': one(t => `/api/sessions/${t.sessionId}`, 404),
  'get /api/models': one(() => '/api/models', 'theirs'),
  'post /api/commands': { ask: commands, others: 404 },
  'get /api/live': { ask: t => [{ path: '/api/live' }, { path: `/api/live?conversation=${t.conversationId}` }], others: 'theirs' },
  'get /api/conversations': one(() => '/api/conversations', 'theirs'),
  'get /api/conversations/:id': one(t => `/api/conversations/${t.conversationId}`, 404),
  'get /api/conversations/:id/messages': one(t => `/api/conversations/${t.conversationId}/messages?before=${t.replyId}`, 404),
  'get /api/conversations/:id/media': one(t => `/api/conversations/${t.conversationId}/media`, 404),
  'get /api/conversations/:id/messages/:messageId': { ask: t => ['', '?wait=1'].map(wait => ({ path: `/api/conversations/${t.conversationId}/messages/${t.replyId}${wait}` })), others: 404 },
  'get /api/conversations/:id/export': { ask: t => ['markdown', 'json'].map(format => ({ path: `/api/conversations/${t.conversationId}/export?format=${format}` })), others: 404 },
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

/** The examples, as somebody's own. */
async function giveThings(person: Browser & { id: string }, { database: { db, tables } }: Services): Promise<Things> {
  const { body } = await person.send<{ conversationIds: string[] }>('POST', '/api/examples')
  const conversationId = body.conversationIds[0] ?? ''
  const messages = await db.select().from(tables.message)
  const find = (role: string) => messages.find(row => row.conversationId === conversationId && row.role === role)?.id ?? ''
  const mediaId = (await db.select().from(tables.media)).find(row => row.userId === person.id && row.messageId)?.id ?? ''
  const sessionId = (await db.select().from(tables.session)).find(row => row.userId === person.id)?.id ?? ''
  const { media: [media] } = (await person.get<{ media: { original: { url: string } | null }[] }>(`/api/media?ids=${mediaId}`)).body
  return { conversationId, messageId: find('user'), replyId: find('assistant'), mediaId, sessionId, fileUrl: media?.original?.url ?? '', mineId: '', myMessageId: '' }
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

/** An event stream never ends by itself: what it says within a moment is its answer. */
async function listen(http: TestHttp, browser: Browser, path: string): Promise<{ status: number, text: string, body?: unknown }> {
  const response = await fetch(http.url + path, { headers: { cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ') } })
  if (response.status !== 200) return browser.get(path)
  let text = ''
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  while (!text.includes(path.includes('conversation') ? 'command.' : 'hello')) text += (await reader.read()).value ?? ''
  await reader.cancel()
  return { status: response.status, text }
}

const ask = (http: TestHttp, browser: Browser, method: string, { path, body, headers }: Request) =>
  path.startsWith('/api/live') ? listen(http, browser, path) : browser.send(method.toUpperCase(), path, body, headers)

function expectNothingOf(tried: { owner: { id: string }, things: Things, others: Row['others'] | undefined, asked: string }, answer: { status: number, text: string }): void {
  const { owner, things, others, asked } = tried
  // An answer to one's own ids that cannot be used, or to a file that isn't there, is as good as "not found".
  const refused = asked.startsWith('post /api/commands') && [404, 409].includes(answer.status) ? 404 : answer.status
  expect([asked, refused]).toEqual([asked, others === 'theirs' ? 200 : others])
  // A refusal may name what was asked for; an answer about one's own things may not.
  for (const secret of [owner.id, things.sessionId, ...(others === 'theirs' && !asked.startsWith('get /api/live') ? [things.conversationId, things.messageId, things.replyId, things.mediaId] : [])]) expect(answer.text).not.toContain(secret)
  if (!asked.startsWith('post /api/examples')) expect(answer.text).not.toMatch(/harbour/i)
}

const withMatrix = (work: (matrix: { http: TestHttp, services: Services }) => Promise<void>) => withServices('sqlite', async ({ services }) => {
  const live = openLive(services)
  try {
    await withHttp(services, http => work({ http, services }), router => router.use('/files/**', files))
  }
  finally { closeLive(live) }
})

describe('every route', () => {
  it('that there is a file of has its row here, and every command is tried', () => {
    const closed = new Set(asking.map(nameOf))
    const here = new Set([...Object.keys(rows), ...Object.keys(open), ...Object.keys(elsewhere)])
    expect(routeFiles().filter(name => !here.has(name)), 'these have no row').toEqual([])
    expect([...here].filter(name => !routeFiles().includes(name)), 'these have no file').toEqual([])
    // Who asks who it is belongs into the one list, who doesn't into the others.
    expect(Object.keys(rows).filter(name => !closed.has(name))).toEqual([])
    expect([...Object.keys(open), ...Object.keys(elsewhere)].filter(name => closed.has(name))).toEqual([])
    expect(triedTypes.toSorted()).toEqual(commandTypes().toSorted())
  })

  it('that asks who it is does what it is asked by the owner: the matrix asks for what there is', () => withMatrix(async ({ http, services }) => {
    // One owner for each, since many of them take something away.
    for (const [name, row] of Object.entries(rows).filter(([name, { others }]) => others === 404 && name !== 'post /api/commands')) {
      const owner = await http.user()
      const things = await giveThings(owner, services)
      for (const request of row.ask(things)) {
        const answer = await ask(http, owner, name.split(' ')[0] ?? '', request)
        // A file that has arrived has no parts any more.
        const expected = name === 'post /api/media/:id/parts' ? [404] : [200]
        expect([name, expected.includes(answer.status)]).toEqual([name, true])
      }
    }
  }))

  it('that asks who it is, is closed to nobody, to a session that was ended and to one that was made up', () => withMatrix(async ({ http, services }) => {
    const owner = await http.user()
    const things = await giveThings(owner, services)
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
      for (const request of rows[nameOf(listed)]?.ask({ ...things, mineId: things.conversationId, myMessageId: things.messageId }) ?? []) {
        for (const browser of [nobody, revoked, forged]) {
          const answer = await ask(http, browser, listed.method, request)
          expect([nameOf(listed), answer.status, answer.body]).toEqual([nameOf(listed), 401, { error: { code: 'not_signed_in', message: 'Please sign in first.' } }])
        }
      }
    }
    expect(await all(services, owner.id)).toBe(before)
  }))

  it('that is open tells nobody anything of anybody', () => withMatrix(async ({ http, services }) => {
    const owner = await http.user('person-open')
    const things = await giveThings(owner, services)
    const before = await all(services, owner.id)
    const secrets = [owner.id, owner.username, things.sessionId, things.conversationId, things.messageId, things.replyId, things.mediaId, 'arbour']
    for (const [name, asks] of Object.entries(open)) {
      const tries = asks(things).flatMap(request => name.startsWith('all ') ? [{ method: 'get', request }, { method: 'put', request: { ...request, body: 'x' } }] : [{ method: name.split(' ')[0] ?? '', request }])
      for (const { method, request } of tries) {
        const answer = await ask(http, http.browser(), method, request)
        expect([name, secrets.filter(secret => answer.text.includes(secret))]).toEqual([name, []])
        if (name.startsWith('all ')) expect([method, request.path, answer.status]).toEqual([method, request.path, 403])
      }
    }
    expect(await all(services, owner.id)).toBe(before)
  }))

  it.each(['another user', 'a guest'] as const)('gives %s nothing of the owner’s, and lets them change nothing', who => withMatrix(async ({ http, services }) => {
    const owner = await http.user()
    const things = await giveThings(owner, services)
    const before = await all(services, owner.id)
    const enter = () => who === 'a guest' ? http.guest() : http.user()
    for (const listed of asking) {
      const { ask: asks, others } = rows[nameOf(listed)]!
      const other = await enter()
      const mine = nameOf(listed) === 'post /api/commands' ? await giveThings(other, services) : things
      for (const request of asks({ ...things, mineId: mine.conversationId, myMessageId: mine.messageId })) {
        const answer = await ask(http, other, listed.method, request)
        // A guest has no password: leaving is theirs to do, and what they leave is their own.
        const leaves = who === 'a guest' && nameOf(listed) === 'delete /api/account'
        expectNothingOf({ owner, things, others: leaves ? 'theirs' : others, asked: `${nameOf(listed)} ${JSON.stringify(request.body ?? '')}` }, answer)
      }
    }
    expect(await all(services, owner.id)).toBe(before)
  }))
})
