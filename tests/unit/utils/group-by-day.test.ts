import { describe, expect, it } from 'vitest'
import { groupByDay } from '../../../utils/group-by-day.ts'
import { makeConversation } from './fixtures.ts'

const now = Date.UTC(2026, 10, 22, 23, 30)
const hours = 3_600_000
const titles = (ages: number[], timeZone = 'UTC') =>
  groupByDay(ages.map(age => makeConversation({ updatedAt: now - age * hours })), now, timeZone).map(group => `${group.title} ${group.conversations.length}`)

describe('the groups of the list', () => {
  it('go by the days of a calendar, not by hours passed', () => {
    expect(titles([1, 23, 24, 48, 24 * 10, 24 * 60])).toEqual(['Today 2', 'Yesterday 1', 'Last seven days 1', 'Last thirty days 1', 'September 2026 1'])
  })

  it('follow the clock of the person who looks', () => {
    expect(titles([1], 'Pacific/Auckland')).toEqual(['Today 1'])
    expect(titles([12], 'UTC')).toEqual(['Today 1'])
    expect(titles([13], 'Asia/Tokyo')).toEqual(['Yesterday 1'])
  })

  it('begin with what is pinned, and leave it out below', () => {
    const pinned = makeConversation({ pinnedAt: 5, updatedAt: now })
    const groups = groupByDay([makeConversation({ updatedAt: now }), pinned], now, 'UTC')
    expect(groups.map(group => group.title)).toEqual(['Pinned', 'Today'])
    expect(groups[0]?.conversations).toEqual([pinned])
    expect(groups[1]?.conversations).toHaveLength(1)
  })
})
