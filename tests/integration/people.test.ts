/** What an operator does for a person from the command line, beside running servers (ASVS 7.4.5). */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import type { Services } from '../../server/services.ts'
import { testPassword, withHttp, type Browser } from '../support/http.ts'
import { withServices } from '../support/services.ts'
import { totp } from '../support/totp.ts'
import { until } from '../support/until.ts'

const script = join(import.meta.dirname, '../../scripts/people.ts')

/** The command with this installation's settings, as its operator would give it. */
const runFor = ({ config }: Services) => async (...words: string[]) =>
  (await promisify(execFile)(process.execPath, [script, ...words], { env: { PATH: process.env.PATH, DATABASE_URL: config.env.DATABASE_URL, DATA_DIR: config.dataDir } })).stdout

const signIn = async (browser: Browser, username: string, password: string) =>
  (await browser.send<{ user: { id: string } | null, secondFactor?: boolean }>('POST', '/api/auth/sign-in/username', { username, password })).body
const isIn = async (browser: Browser) => (await browser.get<{ user: object | null }>('/api/session')).body.user !== null

it('ends sessions, gives a new password, takes away a lost second factor, and deletes; servers hear of it at once', () => withServices('postgres', ({ services }) => withHttp(services, async (http) => {
  const run = runFor(services)
  const [person, other] = [await http.user(), await http.user()]
  const ended: string[] = []
  services.bus.subscribe(news => ended.push(news.type))

  expect(await run('end-sessions', person.username.toUpperCase())).toContain('1 sessions were ended')
  await until(() => ended.includes('session.ended'), { what: 'the news at this process' })
  expect([await isIn(person), await isIn(other)]).toEqual([false, true])

  await signIn(person, person.username, testPassword)
  const { body } = await person.send<{ secret: string }>('POST', '/api/account/second-factor', { password: testPassword })
  await person.send('POST', '/api/account/second-factor/confirm', { code: totp(body.secret, -1) })
  const password = /“(.+)”/.exec(await run('reset-password', person.username))?.[1] ?? ''
  expect(await isIn(person)).toBe(false)
  expect(await signIn(http.browser(), person.username, testPassword)).toMatchObject({ error: { code: 'sign_in_refused' } })
  expect(await signIn(http.browser(), person.username, password)).toEqual({ user: null, secondFactor: true })
  await run('end-second-factor', person.username)
  const back = http.browser()
  expect((await signIn(back, person.username, password)).user?.id).toBe(person.id)

  await run('delete', person.username)
  await until(() => ended.includes('user.ended'), { what: 'the news of the deletion' })
  expect([await isIn(back), await isIn(other)]).toEqual([false, true])
  await Promise.all([
    expect(run('delete', person.username)).rejects.toThrow('There is no account'),
    expect(run('constructor', other.username)).rejects.toThrow('Say what for whom'),
  ])
})), 300_000)
