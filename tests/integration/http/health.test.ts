import { describe, expect, it } from 'vitest'
import { dialects } from '../../support/database.ts'
import { withHttp } from '../../support/http.ts'
import { withServices } from '../../support/services.ts'
import { until } from '../../support/until.ts'

interface Health { ok: boolean, database?: { ok: boolean }, queue?: { ok: boolean, workers: number | null }, store?: { ok: boolean } }

const nothing = async () => {}
const handlers = { 'write-reply': nothing, 'name-conversation': nothing, 'process-media': nothing, 'speak-reply': nothing, 'delete-objects': nothing, 'sweep': nothing }

describe.each(dialects)('health on %s', (dialect) => {
  it('tells liveness, readiness and the parts apart, and details to the operator alone', () => withServices(dialect, async ({ services }) => {
    await withHttp(services, async (http) => {
      const health = async (headers?: Record<string, string>) => (await http.browser().get<Health>('/api/health', headers)).body
      expect(await health()).toMatchObject({ ok: false, database: { ok: true }, queue: { ok: false, workers: 0 }, store: { ok: true } })
      // Without a worker requests are still answered: a balancer must not take this process away.
      expect((await http.browser().get('/api/health/ready')).status).toBe(200)
      await services.queue.work(handlers, { concurrency: 1 })
      await until(async () => (await health()).ok, { what: 'a living worker' })
      expect(await health({ 'x-forwarded-for': '203.0.113.1' })).toEqual({ ok: true })
      await services.queue.drain(0)
    })
    const cut = { ...services, database: { ...services.database, check: async () => { throw new Error('db.internal is gone') } } }
    await withHttp(cut, async (http) => {
      expect((await http.browser().get('/api/health/live')).status).toBe(200)
      const [ready, all] = [await http.browser().get('/api/health/ready'), await http.browser().get('/api/health')]
      expect([ready.status, all.status]).toEqual([503, 503])
      expect(all.text).not.toContain('db.internal')
    })
  }))
})

describe('the measures', () => {
  it('are there for the token’s bearer, and for nobody else, not even on this machine', () => withServices('sqlite', async ({ services }) => withHttp(services, async (http) => {
    for (const headers of [undefined, { authorization: 'Bearer wrong' }, { authorization: 'correct horse' }])
      expect((await http.browser().get('/metrics', headers)).status).toBe(404)
    const answer = await http.browser().get('/metrics', { authorization: 'Bearer correct horse' })
    expect(answer.headers.get('content-type')).toContain('text/plain')
    for (const name of ['parley_sockets', 'parley_queue_ready', 'parley_queue_oldest_seconds', 'parley_replies_open{status="waiting"}', 'parley_first_token_seconds', 'parley_added_latency_seconds', 'parley_store_errors_total', 'parley_http_request_seconds_count{method="GET",status="4xx"}'])
      expect(answer.text).toContain(name)
    expect((await http.browser().get<Health>('/api/health')).body).toEqual({ ok: expect.any(Boolean) })
  }), { METRICS_TOKEN: 'correct horse' }))
})

describe('a secret', () => {
  it('has to be given where several processes share the sessions, and may not be short', async () => {
    const { keyFor } = await import('../../../server/secret.ts')
    const config = (AUTH_SECRET: string | undefined, ROLE: 'all' | 'web') => ({ env: { AUTH_SECRET, ROLE }, dataDir: '/nowhere' }) as never
    expect(() => keyFor('sessions', config(undefined, 'web'))).toThrow('AUTH_SECRET')
    expect(() => keyFor('sessions', config('short', 'all'))).toThrow('at least 32')
    const given = config('a secret of more than thirty-two characters', 'web')
    expect(keyFor('sessions', given)).not.toBe(keyFor('media', given))
    expect(keyFor('sessions', given)).toBe(keyFor('sessions', given))
  })
})
