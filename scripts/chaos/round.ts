/** One round of chaos: a fleet under load, faults at moments that the seed decides, and the verdict. */
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { startFleet } from '../../tests/support/fleet.ts'
import { judge, type Verdict } from '../../tests/support/judge.ts'
import { llmSettings, storeSettings } from '../../tests/support/live-settings.ts'
import { randomFrom, type Random } from '../../tests/support/random.ts'
import { openS3Double } from '../../tests/support/s3-double.ts'
import { scriptedModels, startScriptedLlm } from '../../tests/support/scripted-llm.ts'
import { makeFaults, type Broken, type Fault } from './faults.ts'
import { startLoad } from './load.ts'
import { breakBuild, type Sabotage } from './sabotage.ts'

export interface RoundOptions { seed: number, seconds: number, sabotage?: Sabotage }

export interface Round { verdict: Verdict, messages: number, pictures: number, faults: Map<string, number>, processes: number }

/** Whatever the machine does, a round ends: so many times its seconds at most for the faults. */
const patience = 4

/** Every fault once, in an order of the seed's, and then any, until the time is over. */
function* inTurn(random: Random, faults: Record<string, Fault>): Generator<[string, Fault]> {
  const all = Object.entries(faults)
  yield* random.shuffled(all)
  while (all.length > 0) yield random.pick(all)
}

async function breakThings(broken: Broken, seconds: number, only?: readonly string[]): Promise<Map<string, number>> {
  const done = new Map<string, number>()
  const thawing: Promise<unknown>[] = []
  const faults = Object.fromEntries(Object.entries(makeFaults(thawing)).filter(([name]) => only?.includes(name) ?? true))
  const began = Date.now()
  if (only?.length === 0) await pause(seconds * 1000)
  for (const [name, fault] of inTurn(broken.random, faults)) {
    const elapsed = Date.now() - began
    if (elapsed > seconds * 1000 * patience || (elapsed > seconds * 1000 && done.size === Object.keys(faults).length)) break
    await pause(broken.random.whole(500, 2500))
    console.log(`${new Date().toISOString().slice(11, 19)} ${name}`)
    done.set(name, (done.get(name) ?? 0) + 1)
    await fault(broken)
  }
  await Promise.all(thawing)
  return done
}

export async function playRound({ seed, seconds, sabotage }: RoundOptions): Promise<Round> {
  const random = randomFrom(seed)
  const [llm, store] = [await startScriptedLlm(), await openS3Double()]
  const build = sabotage?.build ? await breakBuild(sabotage.build) : null
  const settings = { ...llmSettings(llm), ...scriptedModels, ...storeSettings(store), DRAIN_SECONDS: '1', LOG_LEVEL: 'warn', MODEL_CONCURRENCY: String(random.pick([0, 10])) }
  const fleet = await startFleet(settings, { ownDatabase: true, ...(build ? { build: build.folder } : {}) })
  const sql = postgres(fleet.databaseUrl, { max: 2, backoff: () => 0.2, onnotice: () => {} })
  try {
    await sabotage?.database?.(sql)
    const load = await startLoad(fleet, randomFrom(random.whole(1, 2 ** 31)), 4)
    const faults = await breakThings({ fleet, store, sql, random }, seconds, sabotage?.faults)
    await load.end()
    const verdict = await judge({ sent: load.sent, sql, llm, store }, { withinMs: sabotage ? 20_000 : 90_000 })
    return { verdict, messages: load.sent.length, pictures: llm.pictures(), faults, processes: fleet.started() }
  }
  finally {
    await sql.end({ timeout: 2 })
    await fleet.close()
    await Promise.all([llm.close(), store.close()])
    build?.remove()
  }
}
