/**
 * Promise 4 at thirty moments and more: workers of a real fleet are killed before they took a reply, before its first
 * delta, in the middle, and just before its end. Each kill hits all that its worker holds. Then every follower's text, the
 * database and the LLM's own log are held against each other.
 */
import postgres from 'postgres'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { signInAsGuest, type Session } from '../support/client.ts'
import { startFleet, type Fleet } from '../support/fleet.ts'
import { follow, sendUntilAnswered, type Followed } from '../support/followed.ts'
import { judge } from '../support/judge.ts'
import { callsOf, llmSettings, scriptedSend } from '../support/live-settings.ts'
import { randomFrom } from '../support/random.ts'
import { startScriptedLlm, type Call, type Script, type ScriptedLlm } from '../support/scripted-llm.ts'
import { until } from '../support/until.ts'

const seed = 20_261_127
const moments = ['before it was taken', 'before the first delta', 'in the middle', 'just before the end'] as const
type Moment = typeof moments[number]
const wanted = 30
const long = { tokens: 120, perSecond: 50 }
const mostKills = 8

let llm: ScriptedLlm
let fleet: Fleet
let guest: Session
let sql: postgres.Sql

// Anew for another try: all that is found must have been sent by it.
beforeEach(async () => {
  llm = await startScriptedLlm()
  fleet = await startFleet(llmSettings(llm))
  guest = await signInAsGuest(fleet.webs[0]!.url)
  sql = postgres(fleet.databaseUrl, { max: 2, onnotice: () => {} })
})
afterEach(async () => {
  await sql?.end()
  await fleet?.close()
  await llm?.close()
})

const random = randomFrom(seed)
const anywhere = () => guest.at(random.pick(fleet.webs).url)

/** When each send was answered: from then on its reply is ours to write. */
const answeredAt = new Map<string, number>()

async function send(script: Script): Promise<Followed> {
  const { script: named, command } = scriptedSend(script)
  await sendUntilAnswered(anywhere, command)
  answeredAt.set(command.replyId, Date.now())
  return follow(anywhere, 1, command, named)
}

/** Looks every millisecond: a moment just before the end is short. */
async function untilSent(one: Followed, tokens: number): Promise<void> {
  for (const deadline = Date.now() + 20_000; (callsOf(llm, one.script)[0]?.sent ?? -1) < tokens;) {
    if (Date.now() > deadline) throw new Error('The reply was not begun')
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}

const several = (count: number, script: Script) => Promise.all(Array.from({ length: count }, () => send(script)))

/** Replies that wait for their first delta, that are in the middle, and that are about to end, all at the same moment. */
async function sendMany(): Promise<Followed[]> {
  const begun = await Promise.all([several(4, { tokens: 20, firstAfterMs: 8000, times: 1 }), several(6, long)])
  await Promise.all(begun.flat().map(one => untilSent(one, 0)))
  const ending = await several(6, { tokens: 30, perSecond: 60 })
  await untilSent(random.pick(ending), 30 - random.whole(0, 2))
  return [...begun.flat(), ...ending]
}

/** The worker that holds most of what is being written. */
async function findVictim() {
  const held = await sql<{ id: string }[]>`select writer_id id from message where status = 'writing' group by 1 order by count(*) desc`
  const writers = held.map(({ id }) => fleet.workers.find(worker => worker.lines().some(line => line.workerId === id)))
  return writers.find(worker => worker?.alive()) ?? random.pick(fleet.workers)
}

/** What a reply was at when its worker was killed; null when it was another's, or nobody's any more. */
function momentOf(one: Followed, killedAt: number, calls: readonly Call[]): Moment | null {
  const [first, second] = calls
  if (!first || first.at >= killedAt) return 'before it was taken'
  // Without a second call it was not cut.
  if (!second || (first.endedAt ?? Infinity) < killedAt - 200) return null
  if (first.sent === 0) return 'before the first delta'
  return first.sent >= one.script.tokens - 2 ? 'just before the end' : 'in the middle'
}

it(`kill -9 of a worker at ${wanted} moments: each reply runs again within 3 seconds, and ends once and whole`, async () => {
  const sent: Followed[] = []
  const waits: Record<Moment, number[]> = { 'before it was taken': [], 'before the first delta': [], 'in the middle': [], 'just before the end': [] }
  const all = () => Object.values(waits).flat()
  const enough = () => all().length >= wanted && moments.every(moment => waits[moment].length >= 3)
  let kills = 0
  while (!enough() && kills < mostKills) {
    const round = await sendMany()
    const victim = await findVictim()
    // On their way when the kill comes.
    const late = Array.from({ length: 3 }, () => send(long))
    await new Promise(resolve => setTimeout(resolve, random.whole(0, 20)))
    const killedAt = Date.now()
    victim.signal('SIGKILL')
    kills++
    round.push(...await Promise.all(late))
    sent.push(...round)
    fleet.workers.splice(fleet.workers.indexOf(victim), 1)
    const another = fleet.start('worker')
    another.catch(() => {})
    await until(async () => (await sql`select from message where status = any(${['waiting', 'writing']})`).length === 0, { what: 'the round to end', withinMs: 30_000 })
    for (const one of round) {
      const calls = callsOf(llm, one.script)
      const moment = momentOf(one, killedAt, calls)
      if (!moment) continue
      const from = Math.max(killedAt, answeredAt.get(one.replyId)!)
      waits[moment].push((moment === 'before it was taken' ? calls[0]! : calls[1]!).at - from)
    }
    await another
  }
  const verdict = await judge({ sent, sql, llm })
  console.info(`${kills} kills hit ${all().length} replies: ${moments.map(moment => `${waits[moment].length} ${moment}, again after ${Math.max(...waits[moment])} ms at most`).join('; ')}; ${verdict.wasted} whole calls for nothing`)
  expect(verdict).toMatchObject({ lost: [], doubled: [], stuck: [], givenUp: [] })
  expect(enough()).toBe(true)
  expect(Math.max(...all())).toBeLessThan(3000)
}, 180_000)
