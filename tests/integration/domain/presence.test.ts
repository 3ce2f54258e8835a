import { describe, expect, it } from 'vitest'
import { startConversation } from '../../../db/queries/conversations.ts'
import { findSeat } from '../../../db/queries/presence.ts'
import type { News } from '../../../server/bus/bus.ts'
import { arrive, beat, countDevices } from '../../../server/domain/presence.ts'
import type { Services } from '../../../server/services.ts'
import { newId } from '../../../shared/ids.ts'
import { dialects } from '../../support/database.ts'
import { makeUser } from '../../support/domain.ts'
import { withServices } from '../../support/services.ts'
import { until } from '../../support/until.ts'

const conversationOf = async (services: Services, user: { id: string }) => {
  const id = newId()
  await services.database.db.transaction(tx => startConversation(tx, { id, userId: user.id }))
  return id
}

describe.each(dialects)('presence on %s', (dialect) => {
  it('is kept for all seats of a process at once, beside what other processes keep, and only changes are news', () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const [first, second] = [await conversationOf(services, user), await conversationOf(services, user)]
    await arrive(services, { id: 'elsewhere', user }, first)
    const news: News[] = []
    services.bus.subscribe(one => void news.push(one))

    const seats = [first, second].map(conversationId => ({ userId: user.id, conversationId, connectionIds: ['here', 'there'] }))
    await beat(services, seats)
    expect(await countDevices(services, { userId: user.id, conversationId: first })).toBe(3)
    expect(await countDevices(services, { userId: user.id, conversationId: second })).toBe(2)
    const told = () => news.filter(one => one.type === 'presence').map(one => one.conversationId)
    await until(() => told().length >= 2 && told().includes(second))
    const heard = told().length

    const before = (await findSeat(services.database.db, { userId: user.id, conversationId: second }))?.lastActive
    await beat(services, seats)
    await services.bus.publish({ type: 'stop', messageId: newId() })
    await until(() => news.some(one => one.type === 'stop'))
    expect(told()).toHaveLength(heard)
    expect((await findSeat(services.database.db, { userId: user.id, conversationId: second }))!.lastActive.getTime()).toBeGreaterThanOrEqual(before!.getTime())
  }))

  it('of a conversation that is gone holds nobody else up', () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const there = await conversationOf(services, user)
    await beat(services, [newId(), there].map(conversationId => ({ userId: user.id, conversationId, connectionIds: ['here'] })))
    expect(await countDevices(services, { userId: user.id, conversationId: there })).toBe(1)
  }))
})
