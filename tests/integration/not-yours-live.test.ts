/** Promise 10 over the socket: every command of the protocol, by another user, by a guest, and after the session's end. */
import { expect, it } from 'vitest'
import { eq } from 'drizzle-orm'
import { newId } from '../../shared/ids.ts'
import type { LiveEvent } from '../../shared/protocol.ts'
import { seedExamples } from '../../server/domain/examples.ts'
import type { SessionUser } from '../../server/domain/access.ts'
import { closeLive, greet, openLive } from '../../server/live/live.ts'
import type { Services } from '../../server/services.ts'
import { makeUser } from '../support/domain.ts'
import { dialects } from '../support/database.ts'
import { withServices } from '../support/services.ts'
import { commandTypes, harmless, strangeCommands, triedTypes, type Aims } from '../support/strange-commands.ts'
import { until } from '../support/until.ts'

type Things = Pick<Aims, 'conversationId' | 'messageId' | 'replyId' | 'mediaId'>

async function giveThings(services: Services, user: SessionUser): Promise<Things> {
  const { db, tables } = services.database
  const [conversationId = ''] = await seedExamples(services, user)
  const messages = await db.select().from(tables.message).where(eq(tables.message.conversationId, conversationId))
  const [media] = await db.select().from(tables.media).where(eq(tables.media.userId, user.id))
  const find = (role: string) => messages.find(row => row.role === role)?.id ?? ''
  return { conversationId, messageId: find('user'), replyId: find('assistant'), mediaId: media?.id ?? '' }
}

async function connect(services: Services, user: SessionUser) {
  const { db, tables } = services.database
  const sessionId = newId()
  await db.insert(tables.session).values({ id: sessionId, userId: user.id, token: sessionId, expiresAt: new Date(Date.now() + 60_000) })
  const told: LiveEvent[] = []
  const talk = greet({ id: newId(), user, sessionId, followed: new Map(), buffered: () => 0, send: text => void told.push(JSON.parse(text)), close: () => {} })
  return { talk, told, sessionId }
}

/** Everything of the owner's, and which ids are buried: nothing of it may change. */
async function everything({ database: { db, tables } }: Services, ownerId: string): Promise<string> {
  const conversations = await db.select().from(tables.conversation).where(eq(tables.conversation.userId, ownerId))
  const ids = conversations.map(row => row.id)
  const messages = (await db.select().from(tables.message)).filter(row => ids.includes(row.conversationId))
  return JSON.stringify([conversations, messages, await db.select().from(tables.media).where(eq(tables.media.userId, ownerId)), await db.select().from(tables.tombstone)])
}

const withLive = (dialect: (typeof dialects)[number], work: (things: { services: Services, owner: SessionUser, theirs: Things, stranger: SessionUser }) => Promise<void>) => withServices(dialect, async ({ services }) => {
  const live = openLive(services)
  try {
    const [owner, stranger] = [await makeUser(services), await makeUser(services)]
    await work({ services, owner, theirs: await giveThings(services, owner), stranger })
  }
  finally { closeLive(live) }
})

it('every command of the protocol is tried here', () => {
  expect(triedTypes.toSorted()).toEqual(commandTypes().toSorted())
})

it.each(dialects.flatMap(dialect => [[dialect, 'another user'], [dialect, 'a guest']] as const))('on %s %s is told nothing of the owner’s, and changes nothing', (dialect, who) => withLive(dialect, async ({ services, owner, theirs, stranger: person }) => {
  const stranger = { ...person, guest: who === 'a guest' }
  const own = await giveThings(services, stranger)
  const before = await everything(services, owner.id)
  const { talk, told } = await connect(services, stranger)
  // A second connection of the stranger's: what is told to all of them counts as well.
  const other = await connect(services, stranger)
  for (const command of strangeCommands({ ...theirs, mineId: own.conversationId, myMessageId: own.messageId })) {
    talk.hear(JSON.stringify(command))
    const answer = await until(() => told.find(event => 'id' in event && event.id === command.id), { what: command.type })
    const expected = harmless.includes(command.type) ? { type: expect.stringMatching(/^(command\.accepted|pong)$/) } : { type: 'command.refused', error: { code: expect.stringMatching(/^(conversation_not_found|message_not_found|media_not_found|id_not_usable)$/) } }
    expect([command, answer]).toEqual([command, expect.objectContaining({ ...expected, ...('error' in expected ? { error: expect.objectContaining(expected.error) } : {}) })])
  }
  const said = JSON.stringify([told, other.told])
  for (const secret of [owner.id, ...Object.values(theirs)]) expect(said).not.toContain(secret)
  expect(said).not.toMatch(/harbour/i)
  expect(await everything(services, owner.id)).toBe(before)
}))

it('after the end of the session no command is heard, not even on one’s own', () => withLive('sqlite', async ({ services, owner, theirs }) => {
  const before = await everything(services, owner.id)
  const { talk, told, sessionId } = await connect(services, owner)
  await services.database.db.delete(services.database.tables.session)
  await services.bus.publish({ type: 'session.ended', sessionId })
  expect(told.at(-1)?.type).toBe('session.ended')
  const count = told.length
  for (const command of strangeCommands({ ...theirs, mineId: theirs.conversationId, myMessageId: theirs.messageId })) talk.hear(JSON.stringify(command))
  // What is heard now, on another connection, comes after all of it.
  const later = await connect(services, owner)
  later.talk.hear(JSON.stringify({ type: 'ping', id: newId() }))
  await until(() => later.told.some(event => event.type === 'pong'), { what: 'a later pong' })
  expect(told.length).toBe(count)
  expect(await everything(services, owner.id)).toBe(before)
}))
