/** ASVS 7.4.1, 7.4.2: whoever's session is over is neither heard nor told anything, whatever is lost and however they cling. */
import { expect, it } from 'vitest'
import { newId } from '../../shared/ids.ts'
import type { LiveEvent } from '../../shared/protocol.ts'
import { closeLive, greet, hasRoom, openLive } from '../../server/live/live.ts'
import type { Services } from '../../server/services.ts'
import { deleteAccount } from '../../server/domain/users.ts'
import { makeUser, sending } from '../support/domain.ts'
import { withServices } from '../support/services.ts'
import { until } from '../support/until.ts'

/** A session in the database, and connections of it that note what they are told and never hang up by themselves. */
async function withSession(work: (things: { services: Services, gap(): void, end(news?: 'told'): Promise<void>, connect(): ReturnType<typeof connectTo>, sessionId: string }) => Promise<void>) {
  await withServices('sqlite', async ({ services: real }) => {
    let gap = () => {}
    const services = { ...real, bus: { ...real.bus, onGap: (listener: () => void) => { gap = listener; return () => {} } } }
    const user = await makeUser(services)
    const sessionId = newId()
    const { db, tables } = services.database
    await db.insert(tables.session).values({ id: sessionId, userId: user.id, token: sessionId, expiresAt: new Date(Date.now() + 60_000) })
    const live = openLive(services)
    try {
      await work({
        services, sessionId, gap: () => gap(), connect: () => connectTo(user, sessionId),
        end: async (news) => {
          await db.delete(tables.session)
          if (news) await services.bus.publish({ type: 'session.ended', sessionId })
        },
      })
    }
    finally { closeLive(live) }
  })
}

function connectTo(user: Awaited<ReturnType<typeof makeUser>>, sessionId: string) {
  const told: LiveEvent[] = []
  const closed: number[] = []
  const talk = greet({
    id: newId(), user, sessionId, followed: new Map(), buffered: () => 0,
    send: text => void told.push(JSON.parse(text)), close: code => void closed.push(code),
  })
  return { talk, told, closed, user }
}

const conversations = async ({ database: { db, tables } }: Services) => (await db.select().from(tables.conversation)).length

it('a connection that was shown out and does not hang up is heard no more, not even with what it had said before', () => withSession(async ({ services, connect, end }) => {
  const { talk, told, closed } = connect()
  talk.hear(JSON.stringify(sending()))
  await until(() => told.some(event => event.type === 'command.accepted'), { what: 'the first command' })
  await end('told')
  expect([told.at(-1)?.type, closed]).toEqual(['session.ended', [4401]])
  const before = told.length
  talk.hear(JSON.stringify(sending()))
  talk.hear(JSON.stringify({ type: 'ping', id: newId() }))
  await new Promise(resolve => setTimeout(resolve, 100))
  expect([await conversations(services), told.length]).toEqual([1, before])
}))

it('a connection that opens just as its session ends is closed', () => withSession(async ({ connect, end }) => {
  await end('told')
  const late = connect()
  expect([late.told.at(-1)?.type, late.closed]).toEqual(['session.ended', [4401]])
}))

it('a session whose end was missed, because the line between processes was cut, is looked up when it is back', () => withSession(async ({ connect, end, gap }) => {
  const { closed } = connect()
  await end()
  expect(closed).toEqual([])
  gap()
  await until(() => closed.length > 0, { what: 'the connection to be closed', withinMs: 1000 })
}))

it('a deleted account’s connections are closed', () => withSession(async ({ services, connect }) => {
  const { closed, user } = connect()
  await deleteAccount(services, user)
  expect(closed).toEqual([4401])
}))

it('one person has so many connections and no more', () => withSession(async ({ connect }) => {
  const { user } = connect()
  for (let n = 1; n < 100; n++) {
    expect(hasRoom(user)).toBe(true)
    connect()
  }
  expect(hasRoom(user)).toBe(false)
}))
