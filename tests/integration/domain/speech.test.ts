/** A reply read aloud: one reading, on the real wire, in both modes. */
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findMedia, findSpoken } from '../../../db/queries/media.ts'
import { newId } from '../../../shared/ids.ts'
import { mostSpokenUnits, spokenPieces } from '../../../shared/spoken-text.ts'
import type { SessionUser } from '../../../server/domain/access.ts'
import { runCommand } from '../../../server/domain/commands.ts'
import { freshMedia } from '../../../server/domain/media.ts'
import { storageUse } from '../../../server/domain/media-storage.ts'
import { readAloud, stopSpeech } from '../../../server/domain/speech.ts'
import { sweepAbandoned, sweepOrphans } from '../../../server/domain/sweep-media.ts'
import { speakReply } from '../../../server/jobs/speak-reply.ts'
import { HandedBack } from '../../../server/queue/queue.ts'
import type { Services } from '../../../server/services.ts'
import { dialects, type Dialect } from '../../support/database.ts'
import { openFakeLlm, type FakeLlm } from '../../support/fake-llm.ts'
import { withMediaPlace, type MediaPlace } from '../../support/media-place.ts'
import { until } from '../../support/until.ts'
import { sendMessage } from './send.ts'

let llm: FakeLlm
beforeAll(async () => { llm = await openFakeLlm() })
afterAll(async () => { await llm.close() })
beforeEach(() => llm.mock.clearRequests())

const paragraph = (word: string) => `${word} ${'says the same again and again. '.repeat(45)}`
const long = `# Tides\n\nHello **there**.\n\n${paragraph('First')}\n\n${paragraph('Second')}\n\n\`\`\`js\nsecret()\n\`\`\`\n\n${paragraph('Third')}`
const soon = new Date(Date.now() + 60 * 60_000)

const withReader = (dialect: Dialect, work: (place: MediaPlace) => Promise<void>, environment: Record<string, string> = {}) => withMediaPlace(dialect, work, {
  OPENAI_API_KEY: 'test', OPENAI_BASE_URL: llm.url, OPENAI_MODELS: 'test-model', OLLAMA_BASE_URL: 'http://127.0.0.1:9', OPENAI_SPEECH_MODEL: 'tts-1', OPENAI_SPEECH_VOICE: 'ash', ...environment,
})

/** A conversation whose reply says this. */
async function replyOf(services: Services, user: SessionUser, content: string) {
  const sent = await sendMessage(services, user, {})
  await setReply(services, sent.replyId, { content, status: 'done' })
  return sent
}
const setReply = ({ database: { db, tables } }: Services, id: string, change: Partial<typeof tables.message.$inferInsert>) => db.update(tables.message).set(change).where(eq(tables.message.id, id))

const ended = ({ services }: MediaPlace, id: string) => until(async () => {
  const row = await findMedia(services.database.db, id)
  return row && row.status !== 'processing' ? row : null
}, { withinMs: 30_000, what: 'the reading to end' })

const said = () => llm.mock.getRequests().filter(request => request.path.endsWith('/audio/speech')).map(({ body }) => (body as unknown as { messages: { content: string }[] }).messages[0]!.content)

describe.each(dialects)('a reply read aloud on %s', (dialect) => {
  it('is said in pieces, each once and in order, heard by signed addresses, and never paid for again', () => withReader(dialect, async (place) => {
    const { services, user, reach } = place
    await place.work()
    const { conversationId, replyId } = await replyOf(services, user, long)
    const asked = await Promise.all(Array.from({ length: 8 }, () => readAloud(services, user, conversationId, replyId)))
    const ids = new Set(asked.map(({ media }) => media.id))
    expect(ids.size).toBe(1)
    const row = await ended(place, [...ids][0]!)
    expect(row).toMatchObject({ status: 'ready', progress: 100, error: null, messageId: null, spokenOf: replyId })
    expect(said()).toEqual(spokenPieces(long))
    expect(said().length).toBeGreaterThan(2)
    expect(said().join(' ')).not.toMatch(/secret|[*#`]/)
    const again = await readAloud(services, user, conversationId, replyId)
    expect(again.media).toMatchObject({ status: 'ready', original: null, messageId: null })
    expect(again.media.pieces).toHaveLength(said().length)
    for (const { url } of again.media.pieces) {
      const answer = await fetch(reach(url), { headers: { range: 'bytes=0-3' } })
      expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([206, 'audio/wav', 'RIFF'])
    }
    expect(llm.calls('/audio/speech')).toBe(spokenPieces(long).length)
    expect((await storageUse(services, user, 0)).usedBytes).toBe(row.bytes)
    // Only what is listened to belongs to it: neither sweep takes it.
    expect(await sweepAbandoned(services, soon) + await sweepOrphans(services, soon)).toBe(0)
    expect((await freshMedia(services, user, [row.id])).media[0]!.pieces).toHaveLength(said().length)
  }), 60_000)

  it('is nobody else’s, is no attachment, and goes with its conversation, objects and all', () => withReader(dialect, async (place) => {
    const { services, user, other } = place
    await place.work()
    const { conversationId, replyId, messageId } = await replyOf(services, user, 'Hello there.')
    for (const ask of [readAloud, stopSpeech]) {
      await expect(ask(services, other, conversationId, replyId)).rejects.toMatchObject({ code: 'conversation_not_found' })
      await expect(ask(services, user, conversationId, newId())).rejects.toMatchObject({ code: 'message_not_found' })
    }
    await expect(readAloud(services, user, conversationId, messageId)).rejects.toMatchObject({ code: 'message_not_found' })
    const { media } = await readAloud(services, user, conversationId, replyId)
    await ended(place, media.id)
    expect(await freshMedia(services, other, [media.id])).toEqual({ media: [] })
    await expect(sendMessage(services, user, { mediaIds: [media.id] })).rejects.toMatchObject({ code: 'media_not_found' })
    expect(await place.keys()).toEqual([`${user.id}/${media.id}/spoken-1.wav`])
    await runCommand(services, user, { type: 'conversation.delete', id: newId(), conversationId })
    expect(await findMedia(services.database.db, media.id)).toBeNull()
    await until(async () => (await place.keys()).length === 0, { what: 'the objects to be gone' })
  }))

  it('goes on after a kill where it was, and pays for no piece twice', () => withReader(dialect, async (place) => {
    const { services, user } = place
    const { conversationId, replyId } = await replyOf(services, user, long)
    const { media } = await readAloud(services, user, conversationId, replyId)
    const killed = new AbortController()
    services.bus.subscribe((news) => { if (news.type === 'media') killed.abort(new Error('killed')) })
    await expect(speakReply(services, { mediaId: media.id }, { signal: killed.signal, attempt: 1 })).rejects.toBeInstanceOf(HandedBack)
    const made = (await findMedia(services.database.db, media.id))!.derived.pieces!.length
    expect(made).toBeGreaterThan(0)
    expect(made).toBeLessThan(spokenPieces(long).length)
    llm.mock.clearRequests()
    // Two workers at once, as after a lock that was lost: one result.
    const run = () => speakReply(services, { mediaId: media.id }, { signal: new AbortController().signal, attempt: 2 })
    await run()
    await run()
    expect(said()).toEqual(spokenPieces(long).slice(made))
    expect((await findMedia(services.database.db, media.id))!.derived.pieces).toEqual(spokenPieces(long).map((_, at) => `${user.id}/${media.id}/spoken-${at + 1}.wav`))
  }))

  it('made by two workers at once is one result', () => withReader(dialect, async (place) => {
    const { services, user } = place
    const { conversationId, replyId } = await replyOf(services, user, long)
    const { media } = await readAloud(services, user, conversationId, replyId)
    const run = (worker: Services) => speakReply(worker, { mediaId: media.id }, { signal: new AbortController().signal, attempt: 1 })
    await Promise.all([run({ ...services }), run({ ...services })])
    await run(services)
    const row = (await findMedia(services.database.db, media.id))!
    expect(row.status).toBe('ready')
    expect(row.derived.pieces).toHaveLength(spokenPieces(long).length)
    expect(await place.keys()).toEqual(row.derived.pieces!.toSorted())
  }))

  it('that was stopped makes no more, keeps what it has, and goes on for the next listener', () => withReader(dialect, async (place) => {
    const { services, user } = place
    const { conversationId, replyId } = await replyOf(services, user, long)
    const { media } = await readAloud(services, user, conversationId, replyId)
    const stopping = new Promise<void>((resolve, reject) => {
      let heard = false
      services.bus.subscribe((news) => {
        if (news.type === 'media' && !heard) stopSpeech(services, user, conversationId, replyId).then(resolve, reject)
        heard ||= news.type === 'media'
      })
    })
    await speakReply(services, { mediaId: media.id }, { signal: new AbortController().signal, attempt: 1 })
    await stopping
    const stopped = (await findMedia(services.database.db, media.id))!
    expect(stopped).toMatchObject({ status: 'failed', error: { code: 'speech_stopped' } })
    expect(said().length).toBeLessThan(spokenPieces(long).length)
    expect(stopped.derived.pieces).toHaveLength(said().length)
    await place.work()
    // The first listener's job, which nobody has run yet, finds nothing to make.
    await until(async () => { const { ready, running } = await services.queue.status(); return ready + running === 0 }, { what: 'the stopped job to end' })
    expect((await readAloud(services, user, conversationId, replyId)).media.status).toBe('processing')
    expect((await ended(place, media.id)).status).toBe('ready')
    expect(said()).toEqual(spokenPieces(long))
  }))

  it('that is stopped and at once asked for again, and again, pays for no piece twice', () => withReader(dialect, async (place) => {
    const { services, user } = place
    await place.work()
    const { conversationId, replyId } = await replyOf(services, user, long)
    let { media } = await readAloud(services, user, conversationId, replyId)
    // Without a pause, so that it also happens just while a piece is stored.
    while (media.status !== 'ready') {
      await stopSpeech(services, user, conversationId, replyId)
      media = (await readAloud(services, user, conversationId, replyId)).media
    }
    await until(async () => { const { ready, running } = await services.queue.status(); return ready + running === 0 }, { what: 'its jobs to end' })
    expect(said()).toEqual(spokenPieces(long))
    expect((await findMedia(services.database.db, media.id))!.derived.pieces).toHaveLength(said().length)
  }), 60_000)

  it('of a reply that is written anew goes with the old words', () => withReader(dialect, async (place) => {
    const { services, user } = place
    await place.work()
    const { conversationId, replyId } = await replyOf(services, user, 'Half of what')
    const { media } = await readAloud(services, user, conversationId, replyId)
    await ended(place, media.id)
    await setReply(services, replyId, { status: 'stopped' })
    await runCommand(services, user, { type: 'reply.retry', id: newId(), conversationId, messageId: replyId })
    expect(await findSpoken(services.database.db, replyId)).toBeNull()
    await until(async () => (await place.keys()).length === 0, { what: 'the objects to be gone' })
    await expect(readAloud(services, user, conversationId, replyId)).rejects.toMatchObject({ code: 'speech_not_finished' })
  }))

  it('counts against the quota, and says so', () => withReader(dialect, async (place) => {
    const { services, user } = place
    await place.work()
    const { conversationId, replyId } = await replyOf(services, user, 'Hello there.')
    const { media } = await readAloud(services, user, conversationId, replyId)
    expect(await ended(place, media.id)).toMatchObject({ status: 'failed', bytes: 0, error: { code: 'storage_full' } })
  }, { MEDIA_QUOTA_BYTES: '1000' }))
})

describe('a reply that cannot be read aloud', () => {
  it.each([
    ['without words', '```js\nonly()\n```', {}, 'speech_no_words'],
    ['that is too long', 'word '.repeat(mostSpokenUnits / 4), {}, 'speech_too_long'],
    ['where no speech model is configured', 'Hello.', { OPENAI_SPEECH_MODEL: '' }, 'speech_not_offered'],
  ])('is refused: %s', (_, content, environment, code) => withReader('sqlite', async ({ services, user }) => {
    const { conversationId, replyId } = await replyOf(services, user, content.replace('only()', ''))
    const words = content.includes('only') ? '![](x) --- ***' : content
    await setReply(services, replyId, { content: words })
    await expect(readAloud(services, user, conversationId, replyId)).rejects.toMatchObject({ code })
    expect(llm.calls('/audio/speech')).toBe(0)
  }, environment))

  it('says why the provider refused, and is tried again when it is asked for again', () => withReader('sqlite', async (place) => {
    const { services, user } = place
    await place.work()
    llm.mock.prependFixture({ match: { endpoint: 'speech', userMessage: /forbidden/ }, response: { error: { message: 'Incorrect API key provided', type: 'invalid_request_error' }, status: 401 } })
    const { conversationId, replyId } = await replyOf(services, user, 'This is forbidden.')
    const { media } = await readAloud(services, user, conversationId, replyId)
    expect(await ended(place, media.id)).toMatchObject({ status: 'failed', error: { code: 'model_key_refused' } })
    expect(llm.calls('/audio/speech')).toBe(1)
    await setReply(services, replyId, { content: 'This is allowed.' })
    expect((await readAloud(services, user, conversationId, replyId)).media).toMatchObject({ id: media.id, status: 'processing' })
    expect((await ended(place, media.id)).status).toBe('ready')
  }))

  it('is tried again by itself while the provider is busy', () => withReader('sqlite', async (place) => {
    const { services, user } = place
    await place.work()
    llm.mock.prependFixture({ match: { endpoint: 'speech', userMessage: /crowd/, sequenceIndex: 0 }, response: { error: { message: 'Rate limit reached', type: 'rate_limit_error' }, status: 429 } })
    const { conversationId, replyId } = await replyOf(services, user, 'There is a crowd.')
    const { media } = await readAloud(services, user, conversationId, replyId)
    expect((await ended(place, media.id)).status).toBe('ready')
    expect(llm.calls('/audio/speech')).toBe(2)
  }))

  it('is told when what came is no sound', () => withReader('sqlite', async (place) => {
    await place.work()
    const { services, user } = place
    llm.mock.prependFixture({ match: { endpoint: 'speech', userMessage: /nonsense/ }, response: { audio: Buffer.from('<html>not a sound</html>').toString('base64'), format: 'mp3' } })
    const { conversationId, replyId } = await replyOf(services, user, 'This is nonsense.')
    const { media } = await readAloud(services, user, conversationId, replyId)
    expect(await ended(place, media.id)).toMatchObject({ status: 'failed', error: { code: 'speech_no_sound' } })
    expect(await place.keys()).toEqual([])
  }))
})
