/** Waiting for a reply without a socket: told as soon as there is something to tell, and nothing after the session's end. */
import { expect, it } from 'vitest'
import type { MessageView } from '../../../shared/conversation.ts'
import { newId } from '../../../shared/ids.ts'
import { closeLive, openLive, useLive } from '../../../server/live/live.ts'
import type { Services } from '../../../server/services.ts'
import { sending } from '../../support/domain.ts'
import { withHttp, type Browser, type Refused, type TestHttp } from '../../support/http.ts'
import { withServices } from '../../support/services.ts'
import { until } from '../../support/until.ts'

type Waited = { message: MessageView } & Refused

interface Things {
  http: TestHttp
  services: Services
  person: Browser & { id: string }
  sent: ReturnType<typeof sending>
  wait(seconds: number): Promise<{ status: number, body: Waited, ms: number }>
  /** Until somebody waits. */
  waiting(): Promise<unknown>
}

/** A reply that nobody writes: there is no worker here. */
const withReply = (work: (things: Things) => Promise<void>) => withServices('sqlite', async ({ services }) => {
  const live = openLive(services)
  try {
    await withHttp(services, async (http) => {
      const person = await http.user()
      const sent = sending()
      expect((await person.send('POST', '/api/commands', sent)).status).toBe(200)
      const wait = async (seconds: number) => {
        const from = performance.now()
        const { status, body } = await person.get<Waited>(`/api/conversations/${sent.conversationId}/messages/${sent.replyId}?wait=${seconds}`)
        return { status, body, ms: performance.now() - from }
      }
      await work({ http, services, person, sent, wait, waiting: () => until(() => useLive().connections.size > 0, { what: 'somebody to wait' }) })
    })
  }
  finally { closeLive(live) }
})

it('a reply that is open is given as it stands when the time is over, and its waiting leaves nothing behind', () => withReply(async ({ wait }) => {
  expect((await wait(0)).body.message).toMatchObject({ status: 'waiting', role: 'assistant' })
  const { status, body, ms } = await wait(1)
  expect([status, body.message.status, ms >= 900]).toEqual([200, 'waiting', true])
  expect(useLive().connections.size).toBe(0)
}))

it('a reply that ends is given at once', () => withReply(async ({ wait, waiting, person, sent }) => {
  const waited = wait(50)
  await waiting()
  await person.send('POST', '/api/commands', { type: 'reply.stop', id: newId(), conversationId: sent.conversationId, messageId: sent.replyId })
  const { body, ms } = await waited
  expect([body.message.status, ms < 4000]).toEqual(['stopped', true])
}))

it('a conversation that is deleted meanwhile is not there', () => withReply(async ({ wait, waiting, person, sent }) => {
  const waited = wait(50)
  await waiting()
  await person.send('POST', '/api/commands', { type: 'conversation.delete', id: newId(), conversationId: sent.conversationId })
  const { status, body, ms } = await waited
  expect([status, body.error.code, ms < 4000]).toEqual([404, 'conversation_not_found', true])
}))

it('who has signed out meanwhile is told nothing', () => withReply(async ({ wait, waiting, person }) => {
  const waited = wait(50)
  await waiting()
  await person.send('POST', '/api/auth/sign-out')
  const { status, body, ms } = await waited
  expect([status, body.error.code, ms < 4000]).toEqual([401, 'not_signed_in', true])
}))

it('who leaves waits no longer, and one person waits in so many places and no more', () => withReply(async ({ http, person, sent, waiting }) => {
  const path = `/api/conversations/${sent.conversationId}/messages/${sent.replyId}?wait=50`
  const leaving = new AbortController()
  const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const many = Array.from({ length: 100 }, () => fetch(http.url + path, { headers: { cookie }, signal: leaving.signal }).catch(() => null))
  await waiting()
  await until(() => useLive().connections.size === 100, { what: 'a hundred to wait' })
  expect((await person.get<Waited>(path)).body.error.code).toBe('too_many_requests')
  leaving.abort()
  await Promise.all(many)
  await until(() => useLive().connections.size === 0, { what: 'nobody to wait' })
}))

it('a server that goes away gives what there is', () => withReply(async ({ wait, waiting }) => {
  const waited = wait(50)
  await waiting()
  closeLive(useLive())
  const { body, ms } = await waited
  expect([body.message.status, ms < 4000]).toEqual(['waiting', true])
}))
