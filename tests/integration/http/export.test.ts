/** What a person takes out: one conversation, and everything; theirs alone, whole, and without growing memory. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { ExportedConversation } from '../../../shared/export.ts'
import { newId } from '../../../shared/ids.ts'
import type { Services } from '../../../server/services.ts'
import { Readable } from 'node:stream'
import { dialects } from '../../support/database.ts'
import { sending } from '../../support/domain.ts'
import { withHttp, type Browser, type TestHttp } from '../../support/http.ts'
import { withServices } from '../../support/services.ts'

const cookieOf = (browser: Browser) => [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)

async function unzip(http: TestHttp, browser: Browser): Promise<Record<string, Uint8Array>> {
  const answer = await fetch(`${http.url}/api/account/export`, { headers: { cookie: cookieOf(browser) } })
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([200, 'application/zip', 'no-store'])
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="parley-/)
  const names: string[] = []
  const entries = unzipSync(new Uint8Array(await answer.arrayBuffer()), { filter: ({ name }) => names.push(name) > 0 })
  expect(names.filter((name, at) => names.indexOf(name) !== at), 'twice in the archive').toEqual([])
  return entries
}

/** A file of a person's, as if it had been uploaded and looked at. */
async function keepFile({ database: { db, tables }, store }: Services, userId: string, name: string, content: Iterable<Buffer>, bytes: number): Promise<string> {
  const id = newId()
  const filePath = `${userId}/${id}/original`
  await store.put(filePath, Readable.from(content), { mime: 'text/plain', maxBytes: bytes })
  await db.insert(tables.media).values({ id, userId, type: 'file', mime: 'text/plain', filePath, name, bytes, storedBytes: bytes, status: 'ready' })
  return id
}

describe.each(dialects)('taking out on %s', (dialect) => {
  it('a conversation as Markdown is what is read, with its files named', () => withServices(dialect, ({ services }) => withHttp(services, async (http) => {
    const person = await http.user()
    const id = await keepFile(services, person.id, 'a [b].txt', [Buffer.from('hello')], 5)
    const first = sending({ content: 'First *question*', mediaIds: [id] })
    await person.send('POST', '/api/commands', first)
    const { conversationId } = first
    await person.send('POST', '/api/commands', { type: 'conversation.change', id: newId(), conversationId, title: 'Tides & "moons" / 月', instructions: 'Be brief.' })
    await person.send('POST', '/api/commands', { type: 'message.edit', id: newId(), conversationId, editedId: first.messageId, messageId: newId(), replyId: newId(), content: 'Another question', mediaIds: [id] })
    const answer = await person.get(`/api/conversations/${conversationId}/export?format=markdown`)
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('x-content-type-options')]).toEqual([200, 'text/markdown; charset=utf-8', 'nosniff'])
    expect(decodeURIComponent(answer.headers.get('content-disposition') ?? '')).toMatch(/^attachment; .*UTF-8''\d{4}-\d\d-\d\d-Tides-moons-月\.md$/)
    expect(answer.text).toMatch(/^# Tides & "moons" \/ 月\n\n> Instructions: Be brief\.\n\n## You · /)
    expect(answer.text).toContain('\n\nAnother question\n\n- [a \\[b\\].txt](media/')
    // The branch that is shown, and no other.
    expect(answer.text).not.toContain('First')
  })))

  it('a conversation as JSON has every branch, and fits its schema', () => withServices(dialect, ({ services }) => withHttp(services, async (http) => {
    const person = await http.user()
    const { body: { conversationIds: [id = ''] } } = await person.send<{ conversationIds: string[] }>('POST', '/api/examples')
    const first = sending({ conversationId: id, content: 'And now?' })
    await person.send('POST', '/api/commands', first)
    await person.send('POST', '/api/commands', { type: 'message.edit', id: newId(), conversationId: id, editedId: first.messageId, messageId: newId(), replyId: newId(), content: 'Or then?', mediaIds: [] })
    const { body } = await person.get<unknown>(`/api/conversations/${id}/export?format=json`)
    const { messages } = ExportedConversation.parse(body)
    const { database: { db, tables } } = services
    const stored = (await db.select().from(tables.message)).filter(row => row.conversationId === id)
    expect(messages.map(message => message.id).toSorted()).toEqual(stored.map(row => row.id).toSorted())
    expect(messages.map(message => message.content)).toEqual(expect.arrayContaining(['And now?', 'Or then?']))
    expect(messages.flatMap(message => message.files).length).toBeGreaterThan(0)
    // Nothing of how we keep it.
    expect(JSON.stringify(body)).not.toMatch(/filePath|writerId|storedBytes|\/original|[?&]s=/)
  })))

  it('everything is there, each file once and byte for byte, and nothing of anybody else’s', () => withServices(dialect, ({ services }) => withHttp(services, async (http) => {
    const [person, other] = [await http.user(), await http.user()]
    for (const one of [person, other]) await one.send('POST', '/api/examples')
    const content = Buffer.from('sea,blue\n'.repeat(1000))
    const kept = await keepFile(services, person.id, 'CON: <sea>.csv', [content], content.length)
    await keepFile(services, other.id, 'theirs.txt', [Buffer.from('theirs')], 6)
    const sent = sending({ mediaIds: [kept] })
    await person.send('POST', '/api/commands', sent)
    await person.send('POST', '/api/commands', { type: 'message.edit', id: newId(), conversationId: sent.conversationId, editedId: sent.messageId, messageId: newId(), replyId: newId(), content: 'again', mediaIds: [kept] })
    const entries = await unzip(http, person)
    const names = Object.keys(entries)
    const { database: { db, tables }, store } = services
    const conversations = (await db.select().from(tables.conversation)).filter(row => row.userId === person.id)
    const exported = names.filter(name => name.endsWith('/conversation.json')).map(name => ExportedConversation.parse(JSON.parse(text(entries[name]))))
    expect(exported.map(({ id }) => id).toSorted()).toEqual(conversations.map(row => row.id).toSorted())
    expect(names.filter(name => name.endsWith('/conversation.md'))).toHaveLength(conversations.length)
    expect(JSON.parse(text(entries['account.json']))).toMatchObject({ format: 'parley-archive', user: { username: person.username, guest: false } })
    expect(names.filter(name => name.startsWith('media/') && name.endsWith('CON_ _sea_.csv'))).toHaveLength(1)
    const media = (await db.select().from(tables.media)).filter(row => row.userId === person.id)
    for (const { files } of exported.flatMap(({ messages }) => messages)) {
      for (const file of files) {
        const row = media.find(row => row.id === file.id)!
        const bytes = Buffer.concat(await (await store.read(row.filePath)).toArray() as Buffer[])
        expect([file.path, Buffer.from(entries[file.path] ?? []).equals(bytes)]).toEqual([file.path, true])
      }
    }
    expect(names.some(name => name.includes('theirs'))).toBe(false)
    expect(names.filter(name => /[<>:"|?*\\]|\.\.|^\//.test(name))).toEqual([])
    // Where Markdown points to a file, there is one.
    const markdown = names.find(name => name.endsWith('.md') && text(entries[name]).includes('](../../media/'))!
    for (const [, path = ''] of text(entries[markdown]).matchAll(/\]\(\.\.\/\.\.\/([^)]+)\)/g)) expect(names).toContain(decodeURI(path))
  })))
})

it('another website cannot make a browser begin it', () => withServices('sqlite', ({ services }) => withHttp(services, async (http) => {
  const person = await http.user()
  for (const path of ['/api/account/export', `/api/conversations/${newId()}/export?format=json`])
    expect((await person.get(path, { 'sec-fetch-site': 'cross-site' })).body.error.code).toBe('forbidden_origin')
})))

it('a file that is gone from the store is left out, and the rest comes', () => withServices('sqlite', ({ services }) => withHttp(services, async (http) => {
  const person = await http.user()
  const [gone, kept] = [await keepFile(services, person.id, 'gone.txt', [Buffer.from('x')], 1), await keepFile(services, person.id, 'kept.txt', [Buffer.from('y')], 1)]
  await services.store.removeAll(`${person.id}/${gone}/`)
  const names = Object.keys(await unzip(http, person))
  expect(names.filter(name => name.startsWith('media/'))).toEqual([`media/${kept}/kept.txt`])
})))

const large = 300 * 1024 ** 2
function* zeros(bytes: number) {
  const piece = Buffer.alloc(1024 ** 2, 7)
  for (let given = 0; given < bytes; given += piece.length) yield piece
}

it('an archive that is being sent ends with the session', () => withServices('sqlite', ({ services }) => withHttp(services, async (http) => {
  const person = await http.user()
  await keepFile(services, person.id, 'large.bin', zeros(large), large)
  const answer = await fetch(`${http.url}/api/account/export`, { headers: { cookie: cookieOf(person) } })
  const reader = answer.body!.getReader()
  let taken = (await reader.read()).value?.length ?? 0
  await person.send('POST', '/api/auth/sign-out')
  await expect((async () => {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) taken += piece.value.length
  })()).rejects.toThrow()
  expect(taken).toBeLessThan(large)
})), 60_000)

it('an archive of 300 MB leaves memory flat', () => withServices('sqlite', ({ services }) => withHttp(services, async (http) => {
  const person = await http.user()
  await keepFile(services, person.id, 'large.bin', zeros(large), large)
  const script = `
    require('node:http').get(process.argv[1], { headers: { cookie: process.argv[2] } }, answer => {
      let bytes = 0
      answer.on('data', piece => { bytes += piece.length }).on('end', () => console.log(answer.statusCode, bytes))
    })`
  const before = process.memoryUsage.rss()
  let most = before
  const watch = setInterval(() => { most = Math.max(most, process.memoryUsage.rss()) }, 5)
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, `${http.url}/api/account/export`, cookieOf(person)])
  clearInterval(watch)
  const [status, bytes] = stdout.trim().split(' ').map(Number)
  expect([status, bytes! > large]).toEqual([200, true])
  expect((most - before) / 1024 ** 2).toBeLessThan(64)
})), 60_000)
