/** One measured run: so many streams at once on one target. */
import { readStamps, stampNow, type Served } from './fake-llm.ts'
import { megabytes, processorSeconds } from './processes.ts'
import type { Counts, Llm, Stream, Target } from './targets.ts'

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
  /** Megabytes of all our processes when the last answer has ended. */
  memory: number
  /** What Postgres does in a second while all of them are being written, where there is one: it must not grow with the streams. */
  transactions: number
  notifications: number
  /** Answers whose text wasn't, character for character, what the LLM sent. */
  broken: number
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? NaN
}

interface Heard { asked: string, text: string, added: number[], first: number }

async function listen(stream: Stream, begun: () => void): Promise<Heard> {
  const heard: Heard = { asked: stream.asked, text: '', added: [], first: NaN }
  const askedAt = stampNow()
  await stream.run((text) => {
    const now = stampNow()
    if (Number.isNaN(heard.first)) {
      heard.first = now - askedAt
      begun()
    }
    heard.text += text
    for (const { sentAt } of readStamps(text)) heard.added.push(now - sentAt)
  }, () => { heard.text = '' })
  return heard
}

/** What Postgres did in a second, from the moment the last of `count` streams begins until the first one ends. */
function countWhileAll(target: Target, count: number) {
  let begun = 0
  let over = false
  let from: Promise<Counts> | undefined
  let to: Promise<Counts> | undefined
  return {
    begun: () => { if (++begun === count && !over) from = target.counts?.() },
    ended: () => {
      if (!over && from) to = target.counts?.()
      over = true
    },
    async perSecond() {
      const [before, after] = [await from, await to]
      if (!before || !after) return { transactions: NaN, notifications: NaN }
      const seconds = (after.at - before.at) / 1000
      return { transactions: (after.transactions - before.transactions) / seconds, notifications: (after.notifications - before.notifications) / seconds }
    },
  }
}

/** Answers that a figure stands on, at least: fewer streams are run again, one after another. */
const leastAnswers = 5

export async function measure(target: Target, llm: Llm, count: number): Promise<Measured> {
  await target.prepare(count)
  // Now: backends that Postgres started meanwhile count, too.
  const pids = target.pids()
  const before = processorSeconds(pids)
  const heard: Heard[] = []
  let perSecond: ReturnType<typeof countWhileAll>['perSecond']
  do {
    const all = countWhileAll(target, count)
    heard.push(...await Promise.all((await target.prepare(count)).map(stream => listen(stream, all.begun).finally(all.ended))))
    perSecond = all.perSecond
  } while (heard.length < leastAnswers)
  const spent = processorSeconds(pids) - before
  // Not before: reading it takes 40 ms, for which every token would wait.
  const memory = megabytes(pids)
  const served = new Map((await (await fetch(`${llm.root}/served`)).json() as Served[]).map(one => [one.asked, one.text]))
  const added = heard.flatMap(one => one.added)
  const firsts = heard.map(one => one.first)
  return {
    target: target.name, streams: count,
    addedP50: percentile(added, 0.5), addedP99: percentile(added, 0.99),
    firstP50: percentile(firsts, 0.5), firstP99: percentile(firsts, 0.99),
    processor: spent / added.length * 1000, memory, ...await perSecond(),
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
    transactions: middle(run => run.transactions), notifications: middle(run => run.notifications),
    broken: runs.reduce((sum, run) => sum + run.broken, 0),
  }
}
