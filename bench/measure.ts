/** One measured run: so many streams at once on one target. */
import { readStamps, stampNow, type Served } from './fake-llm.ts'
import { megabytes, ownPostgres, processorSeconds } from './processes.ts'
import type { Llm, Stream, Target } from './targets.ts'

export interface Measured {
  target: string
  streams: number
  /** Milliseconds from the LLM's sending of a token to its arrival here. */
  addedP50: number
  addedP99: number
  /** Milliseconds from asking to the first text. */
  firstP50: number
  firstP99: number
  /** Processor seconds of all our processes per 1,000 tokens. */
  processor: number
  /** Megabytes of all our processes, at most. */
  memory: number
  /** Answers whose text wasn't, character for character, what the LLM sent. */
  broken: number
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? NaN
}

interface Heard { asked: string, text: string, added: number[], first: number }

async function listen(stream: Stream): Promise<Heard> {
  const heard: Heard = { asked: stream.asked, text: '', added: [], first: NaN }
  const askedAt = stampNow()
  await stream.run((text) => {
    const now = stampNow()
    if (!heard.text) heard.first = now - askedAt
    heard.text += text
    for (const { sentAt } of readStamps(text)) heard.added.push(now - sentAt)
  }, () => { heard.text = '' })
  return heard
}

export async function measure(target: Target, llm: Llm, count: number): Promise<Measured> {
  const streams = await target.prepare(count)
  // Backends that Postgres started meanwhile count, too.
  const pids = target.name === 'production' ? [...new Set([...target.pids(), ...ownPostgres()])] : target.pids()
  const before = processorSeconds(pids)
  let memory = megabytes(pids)
  const sampling = setInterval(() => { memory = Math.max(memory, megabytes(pids)) }, 1000)
  const heard = await Promise.all(streams.map(listen))
  clearInterval(sampling)
  const spent = processorSeconds(pids) - before
  const served = new Map((await (await fetch(`${llm.root}/served`)).json() as Served[]).map(one => [one.asked, one.text]))
  const added = heard.flatMap(one => one.added)
  const firsts = heard.map(one => one.first)
  return {
    target: target.name, streams: count,
    addedP50: percentile(added, 0.5), addedP99: percentile(added, 0.99),
    firstP50: percentile(firsts, 0.5), firstP99: percentile(firsts, 0.99),
    processor: spent / added.length * 1000, memory,
    broken: heard.filter(one => one.text !== served.get(one.asked)).length,
  }
}

/** Sockets before those that are measured: with the first ones the heap grows to what signing people in takes. */
const socketsBefore = 500

/** Kilobytes that one idle socket holds. */
export async function measureIdle(target: Target, count: number): Promise<number> {
  const closeFirst = await target.idle(socketsBefore)
  const before = megabytes(target.pids())
  const close = await target.idle(count)
  const held = (megabytes(target.pids()) - before) * 1024 / count
  await close()
  await closeFirst()
  return held
}

/** The middle of several runs, figure by figure; broken answers are summed. */
export function medianOf(runs: readonly Measured[]): Measured {
  const [first] = runs
  if (!first) throw new Error('no runs')
  const middle = (pick: (run: Measured) => number) => percentile(runs.map(pick), 0.5)
  return {
    target: first.target, streams: first.streams,
    addedP50: middle(run => run.addedP50), addedP99: middle(run => run.addedP99),
    firstP50: middle(run => run.firstP50), firstP99: middle(run => run.firstP99),
    processor: middle(run => run.processor), memory: middle(run => run.memory),
    broken: runs.reduce((sum, run) => sum + run.broken, 0),
  }
}
