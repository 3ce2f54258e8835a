import { describe, expect, it } from 'vitest'
import { dialects } from '../../support/database.ts'
import { withHttp } from '../../support/http.ts'
import { withServices } from '../../support/services.ts'

interface Results { results: { title: string, excerpt: string, messageId: string | null }[], next: number | null }

describe.each(dialects)('example conversations on %s', (dialect) => {
  it('come once with a picture, a recording and a film, however often they are asked for', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const user = await http.user()
    const { db, tables } = services.database
    const ask = async () => (await user.send<{ conversationIds: string[] }>('POST', '/api/examples', {})).body.conversationIds
    const first = await ask()
    const rows = async () => [await db.select().from(tables.conversation), await db.select().from(tables.message), await db.select().from(tables.media)] as const
    const [conversations, messages, media] = await rows()
    expect(conversations.map(row => row.id).toSorted()).toEqual(first.toSorted())
    expect(media.map(row => [row.type, row.mime]).toSorted()).toEqual([['audio', 'audio/wav'], ['image', 'image/png'], ['video', 'video/mp4']])
    for (const row of media) expect((await services.store.stat(row.filePath))?.bytes).toBe(row.bytes)
    expect(await ask()).toEqual(first)
    expect(await rows()).toEqual([conversations, messages, media])
  })))

  it('are everybody’s own, and are made anew after they were deleted', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const [one, other] = [await http.user(), await http.user()]
    const { db, tables } = services.database
    const ask = async (who: typeof one) => (await who.send<{ conversationIds: string[] }>('POST', '/api/examples')).body.conversationIds
    const [mine, theirs] = [await ask(one), await ask(other)]
    expect(mine.filter(id => theirs.includes(id))).toEqual([])
    await db.insert(tables.tombstone).values({ id: mine[0] ?? '' })
    await db.delete(tables.conversation)
    expect((await ask(one)).filter(id => mine.includes(id))).toEqual(mine.slice(1))
  })))

  it('are found by search, by their owner alone, also after a guest signed up', () => withServices(dialect, async ({ services }) => withHttp(services, async (http) => {
    const [guest, stranger] = [await http.guest(), await http.user()]
    await guest.send('POST', '/api/examples')
    const find = async (who: typeof stranger | typeof guest, words: string) => (await who.get<Results>(`/api/search?q=${encodeURIComponent(words)}`)).body.results
    expect((await find(guest, 'harbour')).length).toBeGreaterThan(0)
    expect(await find(stranger, 'harbour')).toEqual([])
    await guest.send('POST', '/api/auth/sign-up/email', { username: 'finder', password: 'a quiet harbour' })
    const found = await find(guest, 'yellow ball')
    expect(found[0]).toMatchObject({ title: 'Example: a short film' })
    expect(found[0]?.excerpt).toContain('yellow ball')
    for (const words of ['"', '* OR *', 'harbour" OR owner:', ')(', '\'; drop table message', '%', '-', 'a'.repeat(200)])
      expect(Array.isArray(await find(stranger, words))).toBe(true)
    expect((await stranger.get('/api/search?q=')).body.error).toMatchObject({ code: 'invalid_input', field: 'q' })
    expect((await stranger.get('/api/search')).status).toBe(400)
  })))
})
