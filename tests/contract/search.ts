/** What search finds, in either database. */
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Database } from '../../db/database.ts'
import { searchMessages } from '../../db/queries/search.ts'
import { newId } from '../../shared/ids.ts'
import { openTestDatabase, type Dialect, type TestDatabase } from '../support/database.ts'

export function searchContract(dialect: Dialect): void {
  let test: TestDatabase
  let database: Database
  let userId: string
  let conversationId: string
  beforeAll(async () => {
    test = await openTestDatabase(dialect)
    database = test.database
  }, 60_000)
  afterAll(() => test.remove())

  const makeUser = async () => {
    const id = newId()
    await database.db.insert(database.tables.user).values({ id, name: 'Ada', email: `${id}@users.invalid` })
    return id
  }
  const makeConversation = async (owner: string, title: string | null = null) => {
    const id = newId()
    await database.db.insert(database.tables.conversation).values({ id, userId: owner, title })
    return id
  }
  const write = async (content: string, into = conversationId) => {
    const id = newId()
    await database.db.insert(database.tables.message).values({ id, conversationId: into, role: 'user', status: 'done', content, seq: 1, bornSeq: 1 })
    return id
  }
  const find = (text: string, options: { limit?: number, before?: number, as?: string } = {}) =>
    searchMessages(database.db, options.as ?? userId, text, { limit: options.limit ?? 20, ...(options.before === undefined ? {} : { before: options.before }) })
  const idsOf = async (text: string) => (await find(text)).map(({ messageId }) => messageId)

  beforeEach(async () => {
    userId = await makeUser()
    conversationId = await makeConversation(userId, 'On gardens')
  })

  it('finds messages that have every word, newest first, the last word unfinished, in any case', async () => {
    const first = await write('The quick brown fox')
    const second = await write('A brown bear; the FOXES slept')
    await write('a bear alone')
    expect(await idsOf('BROWN fo')).toEqual([second, first])
    expect(await idsOf('fo brown')).toEqual([])
    expect(await idsOf('brown fox quick')).toEqual([first])
    expect(await idsOf('')).toEqual([])
    expect(await idsOf('  ?! ')).toEqual([])
  })

  it('tells conversation, title, moment, and an excerpt with the words marked', async () => {
    const before = Date.now()
    const id = await write(`${'Much is said before it. '.repeat(20)}Then the Nightingale\n\nsang “nightly”. ${'And after it, too. '.repeat(20)}`)
    const [found] = await find('nightin')
    expect(found).toMatchObject({ conversationId, messageId: id, title: 'On gardens' })
    expect(found!.createdAt).toBeGreaterThanOrEqual(before)
    expect(found!.excerpt).toMatch(/^….*the Nightingale sang “nightly”\. And after.*…$/)
    expect(found!.excerpt.length).toBeLessThan(200)
    expect(found!.marks.map(([start, end]) => found!.excerpt.slice(start, end))).toEqual(['Nightin'])
  })

  it('finds words joined by punctuation, accents, other scripts, digits and single letters', async () => {
    const id = await write('see https://example.org/deep/path_to-file.txt v2.5 «Ärger» naïve Привет हिन्दी 東京都 x')
    for (const text of ['example', 'path', 'file txt', 'v2', '5', 'ärger', 'naïve', 'прив', 'हिन्दी', '東', '東京', 'x'])
      expect(await idsOf(text), text).toEqual([id])
    expect(await idsOf('s')).toEqual([])
  })

  it('finds with and without accents, however they are written', async () => {
    const id = await write('Café crème, CAFE\u0301, naïveté, Việt Nam, Œuvre, İstanbul, Łódź, ΟΔΟΣ')
    for (const text of ['cafe', 'café', 'CAFÉ', 'cafe\u0301', 'creme', 'naivete', 'viet', 'việt', 'istanb', 'łodz', 'οδος', 'œuvre'])
      expect(await idsOf(text), text).toEqual([id])
    const [found] = await find('creme')
    expect(found!.marks.map(([start, end]) => found!.excerpt.slice(start, end))).toEqual(['crème'])
    expect(await idsOf('oeuvre')).toEqual([])
  })

  it('folds every Latin letter alike in index and question', async () => {
    const letters = [...Array.from({ length: 0x250 - 0xC0 }, (_, at) => 0xC0 + at), ...Array.from({ length: 0x100 }, (_, at) => 0x1E00 + at)].map(code => String.fromCodePoint(code)).filter(letter => /\p{L}/u.test(letter))
    const id = await write(letters.map(letter => `zz${letter}`).join(' '))
    const missed: string[] = []
    for (const letter of letters) if ((await idsOf(`zz${letter}`))[0] !== id) missed.push(letter)
    expect(missed).toEqual([])
  })

  it('finds any piece of a text in a script without spaces', async () => {
    const id = await write('我昨天在新宿买了一部iPhone手机，很喜欢。ประเทศไทยสวยงาม 대한민국서울에서 ひらがなとカタカナ 𠮷野家')
    const other = await write('手工 机器')
    for (const text of ['昨天', '新宿', '买了一部', '手机', '宿', 'iphone', 'iphone手机', 'ไทย', '서울', '민국', 'らがな', 'カタ', '𠮷', '𠮷野'])
      expect(await idsOf(text), text).toEqual([id])
    expect(await idsOf('手')).toEqual([other, id])
    expect(await idsOf('宿新')).toEqual([])
    const [found] = await find('手机')
    expect(found!.marks.map(([start, end]) => found!.excerpt.slice(start, end))).toEqual(['手机'])
  })

  it('takes what a person types as words, never as syntax', async () => {
    const id = await write('to be OR not to be')
    for (const text of ['be OR not', '"be', 'be*', 'be) AND (not', 'text : be', '-be', 'be & not', '\'be\'', 'be\\', 'be:*', '^be', 'NEAR(be not)', 'be; drop table message', 'be\0not'])
      await expect(find(text), text).resolves.toBeInstanceOf(Array)
    expect(await idsOf('"be" - not:')).toEqual([id])
    expect(await idsOf(`be ${'very '.repeat(1000)}${'long'.repeat(1000)}`)).toEqual([])
  })

  it('shows nobody else’s', async () => {
    await write('a secret')
    expect(await find('secret', { as: await makeUser() })).toEqual([])
    expect(await find(userId)).toEqual([])
  })

  it('pages on with `before`', async () => {
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.unshift(await write(`page ${i}`))
    const first = await find('page', { limit: 2 })
    const second = await find('page', { limit: 2, before: first[1]!.place })
    expect([...first, ...second].map(({ messageId }) => messageId)).toEqual(ids.slice(0, 4))
  })

  it('finds a reply by the text it got in the end, and no more by what it had before', async () => {
    const { message } = database.tables
    const id = await write('')
    await database.db.update(message).set({ content: 'marmalade' }).where(eq(message.id, id))
    expect(await idsOf('marmalade')).toEqual([id])
    await database.db.update(message).set({ content: 'honey', status: 'done' }).where(eq(message.id, id))
    expect(await idsOf('marmalade')).toEqual([])
    expect(await idsOf('honey')).toEqual([id])
  })

  it('finds a conversation by its present title', async () => {
    const { conversation } = database.tables
    expect(await find('gardens')).toMatchObject([{ conversationId, messageId: null, excerpt: 'On gardens' }])
    await database.db.update(conversation).set({ title: 'On orchards' }).where(eq(conversation.id, conversationId))
    expect(await find('gardens')).toEqual([])
    expect(await find('orchards')).toMatchObject([{ conversationId, marks: [[3, 11]] }])
  })

  it('finds what is said in a recording and written in a document, and the file’s name', async () => {
    const { media } = database.tables
    const messageId = await write('listen')
    const id = newId()
    await database.db.insert(media).values({ id, userId, type: 'audio', filePath: 'k', name: 'Lecture.mp3', mime: 'audio/mpeg', bytes: 1, storedBytes: 1, status: 'processing' })
    expect(await idsOf('lecture')).toEqual([])
    await database.db.update(media).set({ messageId }).where(eq(media.id, id))
    expect(await idsOf('lecture')).toEqual([messageId])
    await database.db.update(media).set({ transcript: [{ fromMs: 0, toMs: 10, text: 'the mitochondria' }], status: 'ready' }).where(eq(media.id, id))
    expect((await find('mitochon'))[0]).toMatchObject({ messageId, excerpt: expect.stringContaining('the mitochondria') as string })
    await database.db.update(media).set({ transcript: [{ fromMs: 0, toMs: 10, text: 'broken \0 \uD83D' }], extractedText: 'chapter one' }).where(eq(media.id, id))
    expect(await idsOf('chapter')).toEqual([messageId])
    expect(await idsOf('mitochon')).toEqual([])
  })

  it('follows a conversation to its new owner', async () => {
    const { conversation, media } = database.tables
    const messageId = await write('heirloom')
    await database.db.insert(media).values({ id: newId(), userId, messageId, type: 'file', filePath: 'k', name: 'deed.txt', mime: 'text/plain', bytes: 1, storedBytes: 1, status: 'ready' })
    const heir = await makeUser()
    await database.db.update(conversation).set({ userId: heir }).where(eq(conversation.id, conversationId))
    for (const text of ['heirloom', 'deed', 'gardens']) {
      expect(await find(text), text).toEqual([])
      expect(await find(text, { as: heir }), text).toHaveLength(1)
    }
  })

  it('finds nothing of what was deleted', async () => {
    const { conversation, message } = database.tables
    const id = await write('ephemeral one')
    await write('ephemeral two')
    await database.db.delete(message).where(eq(message.id, id))
    expect(await find('ephemeral')).toHaveLength(1)
    await database.db.delete(conversation).where(eq(conversation.id, conversationId))
    expect(await find('ephemeral')).toEqual([])
    expect(await find('gardens')).toEqual([])
  })

  it('finds a rare word behind thousands of newer messages, and keeps a text too long to index', async () => {
    const { message } = database.tables
    const writeMany = async (count: number) => {
      for (let left = count; left > 0; left -= 500)
        await database.db.insert(message).values(Array.from({ length: Math.min(500, left) }, () => ({ id: newId(), conversationId, role: 'user' as const, status: 'done' as const, content: 'plain words', seq: 1, bornSeq: 1 })))
    }
    const rarest = await write('a quetzal')
    await writeMany(6100)
    const rare = await write('another quetzal')
    await writeMany(2100)
    // Of no more than two, none may be found twice on the way back.
    expect((await find('quetz', { limit: 2 })).map(({ messageId }) => messageId)).toEqual([rare, rarest])
    expect(await find('plain')).toHaveLength(20)
    const long = await write(Array.from({ length: 150_000 }, (_, i) => i.toString(36)).join('字 '))
    expect((await find('1字'))[0]).toMatchObject({ messageId: long })
    const dense = await write(Array.from({ length: 200_000 }, (_, i) => String.fromCodePoint(0x4E00 + i * 7919 % 20_000)).join(''))
    expect((await find('一'))[0]).toMatchObject({ messageId: dense })
  })
}
