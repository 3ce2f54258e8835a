/** The fleet's database restarts, its listening connections are cut, its store goes away: nothing accepted is lost, and no model is called twice. */
import postgres from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { signInAsGuest, type Session } from '../support/client.ts'
import { startFleet, type Fleet } from '../support/fleet.ts'
import { follow, sendUntilAnswered, type Followed } from '../support/followed.ts'
import { judge } from '../support/judge.ts'
import { callsOf, llmSettings, scriptedSend, storeSettings } from '../support/live-settings.ts'
import { openS3Double, type S3Double } from '../support/s3-double.ts'
import * as samples from '../support/samples.ts'
import { scriptedModels, startScriptedLlm, type Script, type ScriptedLlm } from '../support/scripted-llm.ts'
import { uploadPatiently } from '../support/upload.ts'
import { until } from '../support/until.ts'

let llm: ScriptedLlm
let store: S3Double
let fleet: Fleet
let guest: Session
let sql: postgres.Sql
/** Everything sent in this file: the last test judges all of it once more. */
const all: Followed[] = []

beforeAll(async () => {
  llm = await startScriptedLlm()
  store = await openS3Double()
  fleet = await startFleet({ ...llmSettings(llm), ...scriptedModels, ...storeSettings(store), LOG_LEVEL: 'warn' }, { ownDatabase: true })
  guest = await signInAsGuest(fleet.webs[0]!.url)
  sql = postgres(fleet.databaseUrl, { max: 2, backoff: () => 0.2, onnotice: () => {} })
})
afterAll(async () => {
  await sql?.end()
  await fleet?.close()
  await store?.close()
  await llm?.close()
})

let turn = 0
const anywhere = () => guest.at(fleet.webs[turn++ % fleet.webs.length]!.url)

async function send(script: Script, mediaIds: string[] = []): Promise<Followed> {
  const { script: named, command } = scriptedSend(script, { mediaIds })
  await sendUntilAnswered(anywhere, command)
  const one = await follow(anywhere, 2, command, named)
  all.push(one)
  return one
}

async function sendMany(count: number, script: Script): Promise<Followed[]> {
  const sent = await Promise.all(Array.from({ length: count }, () => send(script)))
  await until(() => sent.every(one => (callsOf(llm, one.script)[0]?.sent ?? 0) > 5), { what: 'all replies to be written', withinMs: 20_000 })
  return sent
}

/** Nothing wrong with anything sent so far, and these were written by one call each. */
async function expectOneCallEach(sent: readonly Followed[]) {
  expect(await judge({ sent: all, sql, llm, store })).toMatchObject({ lost: [], doubled: [], stuck: [], givenUp: [] })
  for (const { script } of sent) expect(callsOf(llm, script).map(call => call.end)).toEqual(['whole'])
}

it.each(['SIGINT', 'SIGQUIT'] as const)('PostgreSQL is restarted by %s in the middle of 20 replies: each goes on where it is, and ends whole', async (signal) => {
  const sent = await sendMany(20, { tokens: 200, perSecond: 40 })
  await fleet.restartDatabase(signal, 800)
  await expectOneCallEach(sent)
})

it('listening connections that are cut again and again cost nothing but a second look', async () => {
  const sent = await sendMany(8, { tokens: 160, perSecond: 40 })
  for (let i = 0; i < 4; i++) {
    const before = callsOf(llm, sent[0]!.script)[0]!.sent
    // All four listen; whoever was cut a moment ago is given time to come back.
    await until(async () => (await sql`select from pg_stat_activity where application_name = 'parley-bus' and datname = current_database()`).length === 4, { withinMs: 20_000, what: 'every process to listen' })
    expect(await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parley-bus' and datname = current_database()`).toHaveLength(4)
    await until(() => callsOf(llm, sent[0]!.script)[0]!.sent >= Math.min(160, before + 15))
  }
  await expectOneCallEach(sent)
})

it('a store that is away during an upload, while a model’s picture is saved, and while a file is given to a model, delays them and loses nothing', async () => {
  const png = await samples.picture()
  const before = await uploadPatiently(anywhere, png)
  await until(async () => (await sql`select from media where id = ${before} and status = 'ready'`).length === 1, { withinMs: 20_000, what: 'the picture to be ready' })
  store.setDown(true)
  const uploading = uploadPatiently(anywhere, samples.text('notes.txt', 'to be kept'))
  const drawing = await send({ tokens: 20, perSecond: 40, draws: true })
  const showing = await send({ tokens: 20, perSecond: 40 }, [before])
  await until(() => llm.pictures() === 1 && fleet.workers.some(worker => worker.log().includes('the file store is away')), { withinMs: 10_000, what: 'the picture to find the store away' })
  await until(async () => (await sql`select from message where id = ${showing.replyId} and status = 'retrying' and error->>'code' = 'store_unreachable'`).length === 1, { withinMs: 10_000, what: 'the reply to be tried again later' })
  store.setDown(false)
  const uploaded = await uploading
  const sending = await send({ tokens: 5 }, [uploaded])
  await expectOneCallEach([drawing, showing, sending])
  expect(llm.pictures()).toBe(1)
  expect(await sql`select type from media where message_id = ${drawing.replyId} and status = 'ready'`).toEqual([{ type: 'image' }])
})
