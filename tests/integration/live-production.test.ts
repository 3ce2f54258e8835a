/** Promises 4, 5, 6, 7 and 13 in production mode: two web and two worker processes on real PostgreSQL. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../shared/ids.ts'
import { openSocket, readMessage, signInAsGuest, untilEnded, watch, type Session, type Watcher } from '../support/client.ts'
import { startFleet, type Fleet } from '../support/fleet.ts'
import { follow, haveSeenTheEnd, sendUntilAnswered, type Followed } from '../support/followed.ts'
import { callsOf, llmSettings, scriptedSend } from '../support/live-settings.ts'
import { startScriptedLlm, textOfScript, type Script, type ScriptedLlm } from '../support/scripted-llm.ts'
import { until } from '../support/until.ts'

let llm: ScriptedLlm
let fleet: Fleet
let guest: Session

beforeAll(async () => {
  llm = await startScriptedLlm()
  fleet = await startFleet({ ...llmSettings(llm), DRAIN_SECONDS: '1' })
  guest = await signInAsGuest(fleet.webs[0]!.url)
})
afterAll(async () => {
  await fleet?.close()
  await llm?.close()
})

async function replaceDead() {
  fleet.webs = fleet.webs.filter(server => server.alive())
  fleet.workers = fleet.workers.filter(server => server.alive())
  while (fleet.webs.length < 2) await fleet.start('web')
  while (fleet.workers.length < 2) await fleet.start('worker')
}

it('a reply asked for at one web process grows at the other, and is stopped from there', async () => {
  const elsewhere = guest.at(fleet.webs[1]!.url)
  const { script, command } = scriptedSend({ tokens: 3000, perSecond: 50 })
  const socket = await openSocket(guest)
  await socket.change(command)
  const watcher = watch(elsewhere, command.conversationId)
  const other = await watcher.connect()
  await until(() => watcher.text(command.replyId).length > 30, { what: 'text at the other process' })
  const stoppedAt = Date.now()
  await other.change({ type: 'reply.stop', id: newId(), conversationId: command.conversationId, messageId: command.replyId })
  const call = await until(() => callsOf(llm, script).find(one => one.end === 'aborted'), { what: 'the provider to be let go' })
  expect(call.endedAt! - stoppedAt).toBeLessThan(1000)
  expect((await untilEnded(guest, command.conversationId, command.replyId)).status).toBe('stopped')
  socket.close()
  watcher.close()
})

interface Sent { script: Script, conversationId: string, replyId: string, watcher: Watcher }

/** Several conversations whose replies are being written, each followed at one of the web processes. */
async function sendMany(count: number, script: Script): Promise<Sent[]> {
  const socket = await openSocket(guest.at(fleet.webs[0]!.url), { keep: false })
  const sent = await Promise.all(Array.from({ length: count }, async (_, i) => {
    const { script: named, command } = scriptedSend(script)
    await socket.change(command)
    const watcher = watch(guest.at(fleet.webs[i % 2]!.url), command.conversationId)
    await watcher.connect()
    return { script: named, conversationId: command.conversationId, replyId: command.replyId, watcher }
  }))
  socket.close()
  await until(() => sent.every(({ script: one }) => (callsOf(llm, one)[0]?.sent ?? 0) > 5), { what: 'all replies to be written', withinMs: 15_000 })
  return sent
}

/** Every reply ended once, whole, and every follower put together the same text. */
async function expectWhole(sent: Sent[], { calls = 1 } = {}) {
  for (const { script, conversationId, replyId, watcher } of sent) {
    const session = guest.at(fleet.webs[0]!.url)
    expect(await untilEnded(session, conversationId, replyId)).toMatchObject({ status: 'done', content: textOfScript(script) })
    if (watcher.message(replyId)?.status !== 'done') await watcher.connect(session)
    await until(() => watcher.message(replyId)?.status === 'done', { what: 'the follower to see the end' })
    expect(watcher.text(replyId)).toBe(textOfScript(script))
    expect(callsOf(llm, script).filter(call => call.end === 'whole').length).toBeLessThanOrEqual(calls)
    watcher.close()
  }
}

const cutCalls = (sent: Sent[]) => sent.filter(({ script }) => callsOf(llm, script)[0]?.end === 'aborted')

it('kill -9 of a worker: its replies run again at the other within 3 seconds, and end once and whole', async () => {
  const sent = await sendMany(12, { tokens: 200, perSecond: 40 })
  let killedAt = 0
  for (const worker of [...fleet.workers]) {
    if (cutCalls(sent).length > 0) break
    killedAt = Date.now()
    worker.signal('SIGKILL')
    await worker.ended
    await until(() => cutCalls(sent).length > 0, { withinMs: 500 }).catch(() => {})
  }
  const cut = cutCalls(sent)
  expect(cut.length).toBeGreaterThan(0)
  if (fleet.workers.every(worker => !worker.alive())) await replaceDead()
  for (const { script } of cut) {
    const second = await until(() => callsOf(llm, script)[1], { what: 'the second try', withinMs: 6000 })
    expect(second.at - killedAt).toBeLessThan(3000)
  }
  await expectWhole(sent)
  await replaceDead()
})

it('kill -9 of a web process: its followers go on at the other, and no reply notices', async () => {
  const sent = await sendMany(6, { tokens: 120, perSecond: 40 })
  fleet.webs[1]!.signal('SIGKILL')
  await fleet.webs[1]!.ended
  await expectWhole(sent)
  for (const { script } of sent) expect(callsOf(llm, script)).toHaveLength(1)
  await replaceDead()
})

it('a rolling restart of everything under load: replies are handed over without an attempt, and nothing is lost', async () => {
  const sent = await sendMany(6, { tokens: 300, perSecond: 40 })
  const anywhere = () => guest.at(fleet.webs[Math.floor(Math.random() * fleet.webs.length)]!.url)
  const meanwhile: Followed[] = []
  let rolling = true
  const load = (async () => {
    while (rolling) {
      const { script, command } = scriptedSend({ tokens: 60, perSecond: 40 })
      await sendUntilAnswered(anywhere, command)
      meanwhile.push(await follow(anywhere, 1, command, script))
      // One at a time is begun: the load must not outrun a busy machine.
      await until(() => callsOf(llm, script).length > 0, { withinMs: 30_000, what: 'the reply to be begun' })
      // Nor hold more lines than one person may: a hundred.
      meanwhile.forEach(haveSeenTheEnd)
    }
  })()
  // Its failure is this test's own, however late it is awaited.
  load.catch(() => {})
  for (const old of fleet.all()) {
    await fleet.start(fleet.webs.includes(old) ? 'web' : 'worker')
    old.signal('SIGTERM')
    expect(await old.ended).toBe(0)
    fleet.webs = fleet.webs.filter(server => server.alive())
    fleet.workers = fleet.workers.filter(server => server.alive())
  }
  rolling = false
  await load
  expect(meanwhile.length).toBeGreaterThan(5)
  for (const { wrong } of meanwhile) expect(wrong).toEqual([])
  await expectWhole([...sent, ...meanwhile.map(one => ({ ...one, watcher: one.watchers[0]! }))])
  for (const { conversationId, replyId } of [...sent, ...meanwhile])
    expect((await untilEnded(guest.at(fleet.webs[0]!.url), conversationId, replyId)).attempt).toBe(1)
}, 180_000)

it('a worker that wakes after 20 s does not write over its successor', async () => {
  const sent = await sendMany(6, { tokens: 300, perSecond: 40 })
  const [frozen] = fleet.workers
  const frozenAt = Date.now()
  frozen!.signal('SIGSTOP')
  await until(async () => {
    const replies = await Promise.all(sent.map(one => readMessage(guest.at(fleet.webs[0]!.url), one.conversationId, one.replyId)))
    return Date.now() - frozenAt >= 20_000 && replies.every(reply => reply && !['writing', 'waiting', 'retrying'].includes(reply.status))
  }, { what: 'the other worker to finish', withinMs: 40_000 })
  frozen!.signal('SIGCONT')
  await until(async () => (await fetch(`${frozen!.url}/api/health/live`)).ok, { what: 'the frozen worker to be back' })
  // The LLM may have sent all of it into the frozen process's buffers: two whole calls, one reply.
  await expectWhole(sent, { calls: 2 })
})
