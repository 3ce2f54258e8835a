import { statSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { newId } from '../../../shared/ids.ts'
import type { News } from '../../../server/bus/bus.ts'
import { sweepAccounts } from '../../../server/domain/users.ts'
import type { Services } from '../../../server/services.ts'
import { turnLimits } from '../../../server/utils/limits.ts'
import { dialects } from '../../support/database.ts'
import { testPassword, withHttp, type Browser } from '../../support/http.ts'
import { withServices } from '../../support/services.ts'

interface Who { user: { id: string, username: string, name: string, guest: boolean } | null }

const signIn = (browser: Browser, username: string, password: string, headers?: Record<string, string>) =>
  browser.send<Who & { error?: { code: string } }>('POST', '/api/auth/sign-in/username', { username, password }, headers)
const whoIs = async (browser: Browser) => (await browser.get<Who>('/api/session')).body.user

function listen(services: Services): News[] {
  const heard: News[] = []
  services.bus.subscribe(news => heard.push(news))
  return heard
}

/** A conversation with a message, a file and a command, as a person who used the product has. */
async function giveThings({ database: { db, tables } }: Services, userId: string): Promise<{ conversationId: string }> {
  const [conversationId, messageId, mediaId] = [newId(), newId(), newId()]
  await db.insert(tables.conversation).values({ id: conversationId, userId })
  await db.insert(tables.message).values({ id: messageId, conversationId, role: 'user', content: 'hello', status: 'done', seq: 1, bornSeq: 1 })
  await db.insert(tables.media).values({ id: mediaId, userId, messageId, type: 'image', filePath: `${userId}/${mediaId}/original`, name: 'a.png', mime: 'image/png', bytes: 3, storedBytes: 3, status: 'ready' })
  await db.insert(tables.command).values({ id: newId(), userId })
  await db.insert(tables.websocketConnection).values({ userId, conversationId, lastActive: new Date() })
  return { conversationId }
}

/** How many rows of each table have a `user_id` of this user. */
async function belongings({ database: { db, tables } }: Services, userId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const [name, table] of Object.entries(tables)) {
    if (!('userId' in table)) continue
    counts[name] = (await db.select().from(table as typeof tables.conversation).where(eq((table as typeof tables.conversation).userId, userId))).length
  }
  return counts
}

describe.each(dialects)('accounts on %s', (dialect) => {
  it('are made by signing up, and known by a cookie that scripts cannot read', () => withServices(dialect, async ({ services, lines }) => withHttp(services, async (http) => {
    const browser = http.browser()
    const answer = await browser.send<Who>('POST', '/api/auth/sign-up/email', { username: 'Anna.B', password: testPassword })
    expect(answer.body.user).toMatchObject({ username: 'anna.b', name: 'Anna.B', guest: false })
    const [cookie] = answer.headers.getSetCookie()
    expect(cookie).toMatch(/^parley\.session=[^;]{40,}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/)
    const token = /=([^.;]+)/.exec(cookie ?? '')?.[1] ?? ''
    expect(token.length).toBeGreaterThanOrEqual(32)
    expect(answer.text).not.toContain(token)
    expect((await browser.get('/api/sessions')).text).not.toContain(token)
    expect(await whoIs(browser)).toEqual(answer.body.user)
    expect((await browser.get('/api/session')).headers.get('cache-control')).toBe('no-store')
    expect(lines.join('\n')).not.toContain(token)
    expect(lines.join('\n')).not.toContain(testPassword)
  })))

  it('get a cookie bound to host and https where the public address is https', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const answer = await http.browser().send('POST', '/api/auth/sign-in/anonymous', undefined, { origin: 'https://parley.example' })
    expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-parley\.session=[^;]+; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000')
  }), { PUBLIC_URL: 'https://parley.example' }))

  it('of a guest that signs up keep everything, and the guest is gone', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const guest = await http.guest()
    await giveThings(services, guest.id)
    const before = await belongings(services, guest.id)
    const guestCookie = new Map(guest.cookies)
    const heard = listen(services)
    const answer = await guest.send<Who>('POST', '/api/auth/sign-up/email', { username: 'keeper', password: testPassword })
    const userId = answer.body.user?.id ?? ''
    expect(userId).not.toBe(guest.id)
    // Every table with an owner but those that are of the account itself (and presence, which is made anew).
    const after = await belongings(services, userId)
    for (const [table, count] of Object.entries(before))
      if (!['session', 'account', 'websocketConnection'].includes(table)) expect({ [table]: after[table] }).toEqual({ [table]: count })
    expect(Object.values(await belongings(services, guest.id)).every(count => count === 0)).toBe(true)
    expect((await services.database.db.select().from(services.database.tables.user)).map(row => row.id)).toEqual([userId])
    const old = http.browser()
    for (const [name, value] of guestCookie) old.cookies.set(name, value)
    expect(await whoIs(old)).toBeNull()
    expect(heard).toContainEqual({ type: 'user.ended', userId: guest.id })
  })))

  it('that exist take over what a guest made before signing in', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const user = await http.user()
    await giveThings(services, user.id)
    const guest = await http.guest()
    await giveThings(services, guest.id)
    await signIn(guest, user.username, testPassword)
    expect((await whoIs(guest))?.id).toBe(user.id)
    expect(await belongings(services, user.id)).toMatchObject({ conversation: 2, media: 2, command: 2 })
  })))

  it('of one name are made once, also by two at the same moment', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => http.browser().send('POST', '/api/auth/sign-up/email', { username: 'onlyone', password: testPassword })))
    expect(answers.map(answer => answer.status).toSorted()).toEqual([200, 409, 409, 409, 409, 409])
    expect(answers.find(answer => answer.status === 409)?.body.error.code).toBe('username_taken')
    expect((await http.browser().send('POST', '/api/auth/sign-up/email', { username: 'OnlyOne', password: testPassword })).status).toBe(409)
  })))

  it('refuse passwords that are guessed first, and take nothing a person may not set', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const signUp = (body: unknown) => http.browser().send('POST', '/api/auth/sign-up/email', body)
    expect((await signUp({ username: 'anna', password: 'Password123' })).body.error).toMatchObject({ code: 'password_common', field: 'password' })
    expect((await signUp({ username: 'annamaria', password: 'AnnaMaria' })).body.error.code).toBe('password_common')
    expect((await signUp({ username: 'anna', password: 'short' })).body.error).toMatchObject({ code: 'invalid_input', field: 'password' })
    expect((await signUp({ username: 'a/b', password: testPassword })).body.error).toMatchObject({ code: 'invalid_input', field: 'username' })
    for (const extra of [{ isAnonymous: true }, { id: newId() }, { emailVerified: true }, { role: 'admin' }, { email: 'x@y.z' }])
      expect((await signUp({ username: 'anna', password: testPassword, ...extra })).body.error).toMatchObject({ code: 'invalid_input', field: Object.keys(extra)[0] })
  })))

  it('can be closed to guests and newcomers', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    expect((await http.browser().send('POST', '/api/auth/sign-in/anonymous')).body.error.code).toBe('guests_not_allowed')
    expect((await http.browser().send('POST', '/api/auth/sign-up/email', { username: 'anna', password: testPassword })).body.error.code).toBe('sign_up_closed')
    expect((await http.browser().get<object>('/api/session')).body).toEqual({ user: null, guestsAllowed: false, signUpAllowed: false })
  }), { ALLOW_GUESTS: 'false', ALLOW_SIGN_UP: 'false' }))

  it('that are deleted take everything with them, and their objects by a job', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const user = await http.user()
    await giveThings(services, user.id)
    const other = await http.user()
    await giveThings(services, other.id)
    const heard = listen(services)
    expect((await user.send('DELETE', '/api/account', {})).body.error.code).toBe('password_wrong')
    expect((await user.send('DELETE', '/api/account', { password: 'not this one' })).body.error.code).toBe('password_wrong')
    expect((await user.send<object>('DELETE', '/api/account', { password: testPassword })).body).toEqual({ ok: true })
    expect(user.cookies.size).toBe(0)
    expect(Object.values(await belongings(services, user.id)).every(count => count === 0)).toBe(true)
    expect(await belongings(services, other.id)).toMatchObject({ conversation: 1, media: 1 })
    expect(heard).toContainEqual({ type: 'user.ended', userId: user.id })
    expect((await services.queue.status()).ready).toBe(1)
    expect((await signIn(http.browser(), user.username, testPassword)).status).toBe(401)
  })))

  it('of a guest are deleted without a password, for there is none', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const guest = await http.guest()
    expect((await guest.send('DELETE', '/api/account', {})).status).toBe(200)
    expect(await services.database.db.select().from(services.database.tables.user)).toEqual([])
  })))
})

describe.each(dialects)('sessions on %s', (dialect) => {
  it('end for good by signing out, and only the one', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const first = await http.user()
    const second = http.browser()
    await signIn(second, first.username, testPassword)
    const stolen = http.browser()
    for (const [name, value] of first.cookies) stolen.cookies.set(name, value)
    const heard = listen(services)
    await first.send('POST', '/api/auth/sign-out')
    expect(first.cookies.size).toBe(0)
    expect(await whoIs(stolen)).toBeNull()
    expect((await whoIs(second))?.id).toBe(first.id)
    expect(heard.map(news => news.type)).toEqual(['session.ended'])
  })))

  it('are listed, ended one by one and all others at once, by their owner alone', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const owner = await http.user()
    const [second, third, stranger] = [http.browser(), http.browser(), await http.user()]
    await signIn(second, owner.username, testPassword)
    await signIn(third, owner.username, testPassword)
    const list = async () => (await owner.get<{ sessions: { id: string, current: boolean }[] }>('/api/sessions')).body.sessions
    const sessions = await list()
    expect(sessions.map(session => session.current).toSorted()).toEqual([false, false, true])
    const other = sessions.find(session => !session.current)?.id ?? ''
    expect((await stranger.send('DELETE', `/api/sessions/${other}`)).status).toBe(404)
    expect(await list()).toHaveLength(3)
    expect((await owner.send('DELETE', `/api/sessions/${other}`)).status).toBe(200)
    expect(await list()).toHaveLength(2)
    expect((await owner.send('DELETE', '/api/sessions')).status).toBe(200)
    expect([await whoIs(second), await whoIs(third)]).toEqual([null, null])
    expect((await whoIs(owner))?.id).toBe(owner.id)
  })))

  it('all end when the password changes, and this browser gets a new one', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const owner = await http.user()
    const elsewhere = http.browser()
    await signIn(elsewhere, owner.username, testPassword)
    const before = new Map(owner.cookies)
    const change = (currentPassword: string, newPassword: string) => owner.send('POST', '/api/auth/change-password', { currentPassword, newPassword })
    expect((await change('not this one', 'another harbour')).body.error.code).toBe('password_wrong')
    expect((await change(testPassword, 'password1')).body.error.code).toBe('password_common')
    expect((await change(testPassword, 'another harbour')).status).toBe(200)
    expect(await whoIs(elsewhere)).toBeNull()
    expect((await whoIs(owner))?.id).toBe(owner.id)
    expect([...owner.cookies.values()]).not.toEqual([...before.values()])
    expect((await signIn(http.browser(), owner.username, testPassword)).status).toBe(401)
    expect((await signIn(http.browser(), owner.username, 'another harbour')).status).toBe(200)
  })))

  it('begin anew at each sign-in: the one before ends', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const owner = await http.user()
    const before = http.browser()
    for (const [name, value] of owner.cookies) before.cookies.set(name, value)
    await signIn(owner, owner.username, testPassword)
    expect(await whoIs(before)).toBeNull()
    expect((await whoIs(owner))?.id).toBe(owner.id)
  })))

  it('begin anew in a browser whose session was ended elsewhere, at the first try', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const owner = await http.user()
    const { db, tables } = services.database
    await db.delete(tables.session)
    await signIn(owner, owner.username, testPassword)
    expect((await whoIs(owner))?.id).toBe(owner.id)
    for (const [path, body] of [['sign-in/anonymous', undefined], ['sign-up/email', { username: `${owner.username}-2`, password: testPassword }]] as const) {
      await db.delete(tables.session)
      await owner.send('POST', `/api/auth/${path}`, body)
      expect([path, await whoIs(owner)]).not.toEqual([path, null])
    }
  })))

  it('that are forged, cut or over are none', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const owner = await http.user()
    const [[name, value] = ['', '']] = [...owner.cookies]
    const { db, tables } = services.database
    for (const forged of [`${value}x`, value.split('.')[0] ?? '', value.replace(/^./, letter => letter === 'a' ? 'b' : 'a'), '', '%00', 'a'.repeat(4000)])
      expect((await http.browser().get<Who>('/api/session', { cookie: `${name}=${forged}` })).body.user).toBeNull()
    await db.update(tables.session).set({ createdAt: new Date(Date.now() - 181 * 86_400_000) })
    expect(await whoIs(owner)).toBeNull()
    await db.update(tables.session).set({ createdAt: new Date(), expiresAt: new Date(Date.now() - 1000) })
    expect(await whoIs(owner)).toBeNull()
  })))

  it('that are over are swept, and with the last of them a guest whom nobody can come back to', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const [lost, present, user] = [await http.guest(), await http.guest(), await http.user()]
    await giveThings(services, lost.id)
    const { db, tables } = services.database
    const longAgo = new Date(Date.now() - 40 * 86_400_000)
    await db.update(tables.user).set({ createdAt: longAgo })
    for (const { id } of [lost, user]) await db.update(tables.session).set({ expiresAt: longAgo }).where(eq(tables.session.userId, id))
    await sweepAccounts(services)
    expect((await db.select().from(tables.user)).map(row => row.id).toSorted()).toEqual([present.id, user.id].toSorted())
    expect((await db.select().from(tables.session)).map(row => row.userId)).toEqual([present.id])
    expect((await services.queue.status()).ready).toBe(1)
  })))

  it('outlive a restart, by a secret only its owner can read', () => withServices(dialect, async ({ services, again }) => {
    const kept = await withHttp(services, async http => http.user())
    const file = join(services.config.dataDir, 'secret')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8').trim().length).toBeGreaterThanOrEqual(43)
    await withHttp(await again(), async (http) => {
      const browser = http.browser()
      for (const [name, value] of kept.cookies) browser.cookies.set(name, value)
      expect((await whoIs(browser))?.id).toBe(kept.id)
    })
  }))
})

describe.each(dialects)('guessing a password on %s', (dialect) => {
  const { max } = turnLimits['sign-in.account-place']

  it('gets slow, however many try at once; the owner elsewhere gets in', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const owner = await http.user()
    const statuses = (await Promise.all(Array.from({ length: 50 }, (_, n) => signIn(http.browser(), owner.username, `wrong guess ${n}`)))).map(answer => answer.status)
    expect(statuses.filter(status => status === 401)).toHaveLength(max)
    expect(statuses.filter(status => status === 429)).toHaveLength(50 - max)
    const right = await signIn(http.browser(), owner.username, testPassword)
    expect(right.status).toBe(429)
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(60)
    expect((await signIn(http.browser(), owner.username.toUpperCase(), testPassword)).status).toBe(429)
    expect((await signIn(http.browser(), owner.username, testPassword, { 'x-forwarded-for': '203.0.113.7' })).status).toBe(200)
  }), { TRUSTED_PROXIES: '127.0.0.1' }))

  it('is no faster with made-up addresses', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const owner = await http.user()
    const statuses = []
    for (let n = 0; n <= max; n++) statuses.push((await signIn(http.browser(), owner.username, 'wrong guess', { 'x-forwarded-for': `203.0.113.${n}`, 'x-real-ip': `198.51.100.${n}` })).status)
    expect(statuses.at(-1)).toBe(429)
  })))

  it('from many addresses comes to an end as well', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const owner = await http.user()
    const tries = turnLimits['sign-in.account'].max + 5
    const statuses = (await Promise.all(Array.from({ length: tries }, (_, n) =>
      signIn(http.browser(), owner.username, 'wrong guess', { 'x-forwarded-for': `2001:db8:${n.toString(16)}::1` })))).map(answer => answer.status)
    expect(statuses.filter(status => status === 429).length).toBeGreaterThanOrEqual(5)
  }), { TRUSTED_PROXIES: '127.0.0.0/8' }))

  it('is answered alike for names that nobody can have', () => withServices(dialect, async ({ services, lines }) => withHttp(services, async (http) => {
    for (const name of ['a', 'a b', 'ä', '../etc', '‮evil', 'x'.repeat(30)])
      expect([name, (await signIn(http.browser(), name, 'wrong guess')).body.error?.code]).toEqual([name, 'sign_in_refused'])
    expect(lines.filter(line => line.includes('request failed'))).toEqual([])
  })))

  it('tells nothing about which names exist', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const owner = await http.user()
    const [known, unknown] = [await signIn(http.browser(), owner.username, 'wrong guess'), await signIn(http.browser(), 'nobody-here', 'wrong guess')]
    expect([known.status, known.text]).toEqual([unknown.status, unknown.text])
  })))
})
