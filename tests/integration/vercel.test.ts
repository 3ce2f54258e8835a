/** Issue 3's Vercel: the built function, called as the platform calls it, on real PostgreSQL and an S3, with no worker anywhere. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildOnce } from '../../scripts/build-once.mjs'
import { newId } from '../../shared/ids.ts'
import type { MediaView, UploadTicket } from '../../shared/media.ts'
import type { LiveEvent } from '../../shared/protocol.ts'
import { applyEvent, applySnapshot, emptyConversation, viewMessage } from '../../utils/apply-event.ts'
import type { Snapshot } from '../../shared/conversation.ts'
import { messageSend, openSocket, readMessage, signInAsGuest, untilEnded, type Session } from '../support/client.ts'
import { callsOf, llmSettings, scriptedSend } from '../support/live-settings.ts'
import { createPostgres, type TestPostgres } from '../support/postgres.ts'
import { freePort, startProcess, type Running } from '../support/processes.ts'
import { openS3Double, type S3Double } from '../support/s3-double.ts'
import { picture } from '../support/samples.ts'
import { startServer } from '../support/server.ts'
import { startScriptedLlm, textOfScript, type ScriptedLlm } from '../support/scripted-llm.ts'
import { until } from '../support/until.ts'
import { sendByTicket } from '../support/upload.ts'

const cronSecret = 'cron-secret-of-the-test'
const budgetSeconds = 4

let build: string
let database: TestPostgres
let store: S3Double
let llm: ScriptedLlm
let platform: Running
let port: number
let url: string
let guest: Session

/** What a worker elsewhere is given, too. */
const shared = () => ({
  OLLAMA_BASE_URL: 'http://127.0.0.1:9', DATABASE_URL: database.url, AUTH_SECRET: 'a secret of more than thirty-two characters', PUBLIC_URL: url,
  S3_ENDPOINT: store.endpoint, S3_BUCKET: 'parley', S3_ACCESS_KEY: store.account.accessKey, S3_SECRET_KEY: store.account.secretKey,
  ...llmSettings(llm), OPENAI_MODELS: 'fake[image]',
})

async function startPlatform() {
  platform = startProcess(process.execPath, [join(import.meta.dirname, '../support/vercel-platform.ts'), build, String(port)], {
    PATH: process.env.PATH, NODE_ENV: 'production', VERCEL: '1', ...shared(), TRUSTED_PROXIES: '127.0.0.1',
    CRON_SECRET: cronSecret, CRON_BUDGET_SECONDS: String(budgetSeconds),
  })
  await until(async () => {
    if (!platform.alive()) throw new Error(platform.log())
    return (await fetch(`${url}/api/health/ready`)).ok
  }, { what: 'the function to answer', withinMs: 30_000 })
}

beforeAll(async () => {
  [build, database, store, llm] = await Promise.all([buildOnce('vercel'), createPostgres(), openS3Double(), startScriptedLlm()])
  port = await freePort()
  url = `http://127.0.0.1:${port}`
  await startPlatform()
  guest = await signInAsGuest(url)
}, 600_000)

afterAll(async () => {
  await platform?.close()
  await Promise.all([store?.close(), llm?.close()])
  await database?.drop()
})

const drain = (secret = cronSecret) => fetch(`${url}/api/jobs/drain`, { headers: { authorization: `Bearer ${secret}` } })

/** Reads `GET /api/live` until it is told to stop, handing over each event. */
async function listen(query: string, take: (event: LiveEvent) => void): Promise<() => void> {
  const ending = new AbortController()
  const answer = await fetch(`${url}/api/live?${query}`, { headers: { cookie: guest.cookie, origin: url }, signal: ending.signal })
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  const read = async () => {
    let text = ''
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        if (text.startsWith('data: ')) take(JSON.parse(text.slice(6, end)) as LiveEvent)
        text = text.slice(end + 2)
      }
    }
  }
  read().catch(() => {})
  return () => ending.abort()
}

it('the build says what the platform needs to know: the time limit, streaming, the cron', () => {
  const read = (file: string) => JSON.parse(readFileSync(join(build, file), 'utf8')) as Record<string, unknown>
  expect(read('functions/__fallback.func/.vc-config.json')).toMatchObject({ handler: 'index.mjs', runtime: 'nodejs24.x', maxDuration: 60, supportsResponseStreaming: true })
  expect(read('config.json')).toMatchObject({ crons: [{ path: '/api/jobs/drain', schedule: '* * * * *' }] })
})

it('serves the page with its files, and REST', async () => {
  const page = await fetch(`${url}/`, { headers: { cookie: guest.cookie } })
  const html = await page.text()
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html;charset=utf-8'])
  const script = /\/_nuxt\/[\w-]+\.js/.exec(html)?.[0] ?? 'no script'
  expect((await fetch(url + script)).status).toBe(200)
  expect(await guest.request('GET', '/api/session')).toMatchObject({ status: 200, body: { user: { id: guest.user.id } } })
})

it('keeps the drain route from anybody without the secret', async () => {
  expect((await fetch(`${url}/api/jobs/drain`)).status).toBe(404)
  expect((await drain('another-secret-of-the-test')).status).toBe(404)
})

it('a reply asked for over REST is written by the drain route that the send calls, and grows in the event stream', async () => {
  const { script, command } = scriptedSend({ tokens: 60, perSecond: 40 })
  let state = emptyConversation()
  const lengths = new Set<number>()
  expect((await guest.request('POST', '/api/commands', command)).status).toBe(200)
  state = applySnapshot(state, (await guest.request<Snapshot>('GET', `/api/conversations/${command.conversationId}`)).body)
  const stop = await listen(`conversation=${command.conversationId}`, (event) => {
    if ('conversationId' in event && event.conversationId !== command.conversationId) return
    state = applyEvent(state, event)
    lengths.add(viewMessage(state, command.replyId)?.content.length ?? 0)
  })
  await until(() => viewMessage(state, command.replyId)?.status === 'done', { what: 'the end of the reply', withinMs: 20_000 })
  stop()
  expect(viewMessage(state, command.replyId)?.content).toBe(textOfScript(script))
  expect(lengths.size).toBeGreaterThan(3)
  expect(callsOf(llm, script)).toHaveLength(1)
  await until(() => platform.log().includes('waited for what POST /api/commands left to do'), { what: 'the call to be seen by the platform' })
})

it('takes an upload by ticket straight into the store, makes it ready, and gives it to the model with a message', async () => {
  const png = await picture()
  const conversationId = newId()
  const asked = await guest.request<{ media: MediaView, ticket: UploadTicket }>('POST', '/api/media', { id: newId(), name: png.name, mime: png.mime, bytes: png.bytes.length })
  expect(asked).toMatchObject({ status: 200 })
  const { media, ticket } = asked.body
  expect(new URL(ticket.url).origin).toBe(new URL(store.endpoint).origin)
  expect((await sendByTicket(ticket, png.bytes)).ok).toBe(true)
  expect((await guest.request('POST', `/api/media/${media.id}/confirm`)).status).toBe(200)
  const ready = await until(async () => {
    const { body } = await guest.request<{ media: MediaView[] }>('GET', `/api/media?ids=${media.id}`)
    return body.media[0]?.status === 'ready' && body.media[0]
  }, { what: 'the picture to be ready', withinMs: 20_000 })
  expect((await fetch(ready.original!.url)).status).toBe(200)
  const command = messageSend(JSON.stringify({ tokens: 3 }), { conversationId, mediaIds: [media.id] })
  expect((await guest.request('POST', '/api/commands', command)).status).toBe(200)
  expect(await untilEnded(guest, conversationId, command.replyId)).toMatchObject({ status: 'done' })
})

it('talks over a socket, too', async () => {
  await expect(openSocket({ ...guest, cookie: '' })).rejects.toThrow('401')
  const socket = await openSocket(guest)
  const { script, command } = scriptedSend({ tokens: 5 })
  await socket.change(command)
  expect(await untilEnded(guest, command.conversationId, command.replyId)).toMatchObject({ status: 'done', content: textOfScript(script) })
  socket.close()
  await socket.closed
})

it('hands back a reply that its time does not suffice for, and the next drain finishes it', async () => {
  const { script, command } = scriptedSend({ tokens: 30, firstAfterMs: 600_000, times: 1 })
  expect((await guest.request('POST', '/api/commands', command)).status).toBe(200)
  const reply = await untilEnded(guest, command.conversationId, command.replyId)
  // The first call was ended in time, and doesn't count as a failed attempt.
  expect(callsOf(llm, script).map(call => call.end)).toEqual(['aborted', 'whole'])
  expect(reply).toMatchObject({ status: 'done', content: textOfScript(script), attempt: 1 })
  const [first] = callsOf(llm, script)
  expect(first!.endedAt! - first!.at).toBeLessThan((budgetSeconds + 1) * 1000)
})

it('leaves replies to a worker elsewhere, where one lives', async () => {
  const worker = await startServer({ env: { ...shared(), ROLE: 'worker' } })
  const written = async () => Number(/^parley_replies_finished_total\{outcome="done"\} (\d+)/m.exec(await (await fetch(`${worker.url}/metrics`)).text())?.[1] ?? 0)
  for (const _ of [1, 2, 3]) {
    const { script, command } = scriptedSend({ tokens: 20 })
    expect((await guest.request('POST', '/api/commands', command)).status).toBe(200)
    expect(await untilEnded(guest, command.conversationId, command.replyId)).toMatchObject({ status: 'done', content: textOfScript(script), attempt: 1 })
  }
  // An earlier test's last drain may still have been at work and have taken the first.
  expect(await written()).toBeGreaterThanOrEqual(2)
  await worker.close()
})

it('cron’s call takes over what a killed function was writing', async () => {
  const { script, command } = scriptedSend({ tokens: 20, firstAfterMs: 600_000, times: 1 })
  expect((await guest.request('POST', '/api/commands', command)).status).toBe(200)
  await until(() => callsOf(llm, script).length === 1, { what: 'the reply to be begun' })
  platform.signal('SIGKILL')
  await platform.ended
  await startPlatform()
  // On a busy machine one call's budget may be over before the reply is known to be lost.
  const reply = await until(async () => {
    const answer = await drain()
    expect([answer.status, await answer.json()]).toEqual([200, { ran: expect.any(Number), left: expect.any(Number) }])
    const message = await readMessage(guest, command.conversationId, command.replyId)
    return message?.status === 'done' && message
  }, { what: 'the reply to be taken over', withinMs: 30_000 })
  expect(reply).toMatchObject({ content: textOfScript(script), attempt: 2 })
})
