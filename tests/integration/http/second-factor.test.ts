/** ASVS 6.3.3, 6.5.1: a second factor that is offered, and held against somebody who has the password. */
import { describe, expect, it } from 'vitest'
import type { News } from '../../../server/bus/bus.ts'
import type { Services } from '../../../server/services.ts'
import { dialects } from '../../support/database.ts'
import { testPassword, withHttp, type Browser, type TestHttp } from '../../support/http.ts'
import { withServices } from '../../support/services.ts'
import { totp } from '../../support/totp.ts'

interface Who { user: { id: string, username: string } | null, secondFactor?: boolean }
type Person = Browser & { id: string, username: string }

const whoIs = async (browser: Browser) => (await browser.get<Who>('/api/session')).body.user?.id ?? null
const giveName = (browser: Browser, username: string, password = testPassword) => browser.send<Who>('POST', '/api/auth/sign-in/username', { username, password })
const giveCode = (browser: Browser, code: string) => browser.send<Who & { error?: { code: string } }>('POST', '/api/auth/second-factor', { code })

/** Sets it up, with the code of the step before, so that the present one is still unspent. */
async function setUp(person: Browser): Promise<{ secret: string, backupCodes: string[] }> {
  const { body } = await person.send<{ uri: string, secret: string, backupCodes: string[] }>('POST', '/api/account/second-factor', { password: testPassword })
  expect((await person.send('POST', '/api/account/second-factor/confirm', { code: totp(body.secret, -1) })).status).toBe(200)
  return body
}

const withPerson = (dialect: (typeof dialects)[number], work: (things: { http: TestHttp, services: Services, person: Person, lines: string[] }) => Promise<void>) =>
  withServices(dialect, ({ services, lines }) => withHttp(services, async http => work({ http, services, lines, person: await http.user() })))

describe.each(dialects)('a second factor on %s', (dialect) => {
  it('is asked for once it was confirmed, not before', () => withPerson(dialect, async ({ http, person, services, lines }) => {
    const { body } = await person.send<{ uri: string, secret: string, backupCodes: string[] }>('POST', '/api/account/second-factor', { password: testPassword })
    expect(body.uri).toBe(`otpauth://totp/Parley:${person.username}?secret=${body.secret}&issuer=Parley`)
    expect(new Set(body.backupCodes).size).toBe(10)
    expect((await giveName(http.browser(), person.username)).body).toMatchObject({ user: { id: person.id }, secondFactor: false })
    expect((await person.send('POST', '/api/account/second-factor/confirm', { code: '000000' })).body.error.code).toBe('second_factor_refused')
    expect((await person.send('POST', '/api/account/second-factor/confirm', { code: totp(body.secret, -1) })).status).toBe(200)
    expect((await person.get<object>('/api/account/second-factor')).body).toEqual({ on: true, backupCodesLeft: 10 })

    const browser = http.browser()
    expect((await giveName(browser, person.username)).body).toEqual({ user: null, secondFactor: true })
    expect([...browser.cookies.keys()]).toEqual(['parley.second-step'])
    expect(await whoIs(browser)).toBeNull()
    expect((await giveCode(browser, totp(body.secret))).body.user?.id).toBe(person.id)
    expect(await whoIs(browser)).toBe(person.id)
    expect([...browser.cookies.keys()]).toEqual(['parley.session'])
    const { db, tables } = services.database
    const stored = JSON.stringify([await db.select().from(tables.twoFactor), lines])
    for (const secret of [body.secret, ...body.backupCodes]) expect(stored).not.toContain(secret)
  }))

  it('signs out everywhere else when it is set up, and this browser gets another session', () => withPerson(dialect, async ({ http, person, services }) => {
    const elsewhere = http.browser()
    await giveName(elsewhere, person.username)
    const before = new Map(person.cookies)
    const heard: News[] = []
    services.bus.subscribe(news => heard.push(news))
    await setUp(person)
    expect([await whoIs(elsewhere), await whoIs(person)]).toEqual([null, person.id])
    expect([...person.cookies.values()]).not.toEqual([...before.values()])
    expect(heard.filter(news => news.type === 'session.ended')).toHaveLength(2)
    expect((await person.get<{ sessions: object[] }>('/api/sessions')).body.sessions).toHaveLength(1)
  }))

  it('takes an app’s code once, and a backup code once', () => withPerson(dialect, async ({ http, person }) => {
    const { secret, backupCodes: [first = ''] } = await setUp(person)
    const enter = async (code: string) => {
      const browser = http.browser()
      await giveName(browser, person.username)
      return { status: (await giveCode(browser, code)).status, who: await whoIs(browser) }
    }
    const code = totp(secret)
    const tries = await Promise.all([enter(code), enter(code), enter(code)])
    expect(tries.filter(tried => tried.who === person.id)).toHaveLength(1)
    expect(tries.filter(tried => tried.status === 403)).toHaveLength(2)
    expect(await enter(first.toUpperCase().replace('-', ' '))).toEqual({ status: 200, who: person.id })
    expect(await enter(first)).toEqual({ status: 403, who: null })
    expect((await person.get<object>('/api/account/second-factor')).body).toEqual({ on: true, backupCodesLeft: 9 })
    // What was refused has left no session behind.
    expect((await person.get<{ sessions: object[] }>('/api/sessions')).body.sessions).toHaveLength(3)
  }))

  it('cannot be guessed: five tries for a password, ten in a row for an account', () => withPerson(dialect, async ({ http, person }) => {
    const { secret } = await setUp(person)
    const guess = async () => {
      const browser = http.browser()
      await giveName(browser, person.username)
      const statuses = await Promise.all(Array.from({ length: 8 }, (_, n) => giveCode(browser, String(100_000 + n)).then(answer => answer.status)))
      return { browser, statuses }
    }
    const { browser, statuses } = await guess()
    expect(statuses.filter(status => status === 403).length).toBeLessThanOrEqual(5)
    expect(statuses.filter(status => status === 200)).toEqual([])
    for (let n = 0; n < 5; n++) await giveCode(browser, `20000${n}`)
    expect((await giveCode(browser, totp(secret))).body.error?.code).toBe('second_step_over')
    for (let round = 0; round < 4; round++) {
      const one = http.browser()
      await giveName(one, person.username)
      for (let n = 0; n < 5; n++) await giveCode(one, `30000${n}`)
    }
    const right = http.browser()
    await giveName(right, person.username)
    expect((await giveCode(right, totp(secret))).status).toBe(429)
    expect(await whoIs(person)).toBe(person.id)
  }))

  it('gives nothing to somebody without the password, or with a step that was made up', () => withPerson(dialect, async ({ http, person }) => {
    const { secret } = await setUp(person)
    expect((await giveCode(http.browser(), totp(secret))).body.error?.code).toBe('second_step_over')
    const forged = http.browser()
    forged.cookies.set('parley.second-step', '2fa-aaaaaaaaaaaaaaaaaaaa.aaaa')
    expect((await giveCode(forged, totp(secret))).body.error?.code).toBe('second_step_over')
    const other = await http.user()
    expect((await giveCode(other, totp(secret))).body.error?.code).toBe('second_step_over')
    const wrong = http.browser()
    expect((await giveName(wrong, person.username, 'not this one')).status).toBe(401)
    expect((await giveCode(wrong, totp(secret))).status).toBe(401)
    expect(wrong.cookies.size).toBe(0)
  }))

  it('stands between a guest’s things and the account until it is given; then they come along', () => withPerson(dialect, async ({ http, person, services }) => {
    const { secret } = await setUp(person)
    const guest = await http.guest()
    await guest.send('POST', '/api/examples')
    const { db, tables } = services.database
    const owners = async () => [...new Set((await db.select().from(tables.conversation)).map(row => row.userId))]
    await giveName(guest, person.username)
    expect([await whoIs(guest), await owners()]).toEqual([guest.id, [guest.id]])
    await giveCode(guest, '123456')
    expect([await whoIs(guest), await owners()]).toEqual([guest.id, [guest.id]])
    expect((await giveCode(guest, totp(secret))).status).toBe(200)
    expect([await whoIs(guest), await owners()]).toEqual([person.id, [person.id]])
    expect((await db.select().from(tables.user)).map(row => row.id)).toEqual([person.id])
  }))

  it('is taken away, and given new codes, by the password alone', () => withPerson(dialect, async ({ http, person }) => {
    const { backupCodes } = await setUp(person)
    const end = (password: string) => person.send('DELETE', '/api/account/second-factor', { password })
    const renew = (password: string) => person.send<{ backupCodes: string[], error?: { code: string } }>('POST', '/api/account/second-factor/backup-codes', { password })
    expect((await end('not this one')).body.error.code).toBe('password_wrong')
    expect((await renew('not this one')).body.error?.code).toBe('password_wrong')
    const renewed = (await renew(testPassword)).body.backupCodes
    expect(renewed.filter(code => backupCodes.includes(code))).toEqual([])
    const browser = http.browser()
    await giveName(browser, person.username)
    expect((await giveCode(browser, backupCodes[0] ?? '')).status).toBe(403)
    expect((await giveCode(browser, renewed[0] ?? '')).status).toBe(200)
    expect((await person.send('POST', '/api/account/second-factor', { password: testPassword })).body.error.code).toBe('second_factor_on')
    expect((await person.send('POST', '/api/account/second-factor/confirm', { code: '123456' })).body.error.code).toBe('second_factor_on')
    expect((await end(testPassword)).status).toBe(200)
    expect(await whoIs(person)).toBe(person.id)
    expect((await person.get<object>('/api/account/second-factor')).body).toEqual({ on: false, backupCodesLeft: 0 })
    expect((await giveName(http.browser(), person.username)).body.secondFactor).toBe(false)
    expect((await renew(testPassword)).body.error?.code).toBe('second_factor_off')
  }))

  it('is nothing for a guest, who has no password', () => withServices(dialect, ({ services }) => withHttp(services, async (http) => {
    const guest = await http.guest()
    expect((await guest.send('POST', '/api/account/second-factor', { password: testPassword })).body.error.code).toBe('password_wrong')
    expect((await guest.send('POST', '/api/account/second-factor/confirm', { code: '123456' })).body.error.code).toBe('second_factor_off')
  })))
})
