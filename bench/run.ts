/**
 * `npm run bench [-- --quick] [-- --only=zero-setup|production]`: Parley's own cost beside a direct client on the same fake
 * LLM, in one interleaved run. Prints a table and keeps it in bench/results/. Figures are for this machine at this hour;
 * compare within a run. `--only=page` measures the page in a browser instead (page.ts), `--only=search` the search among a
 * million messages (search.ts).
 */
import { measure, measureIdle, medianOf, type Measured } from './measure.ts'
import { machine, report } from './report.ts'
import { directTarget, productionTarget, startLlm, zeroSetupTarget, type Target } from './targets.ts'

const quick = process.argv.includes('--quick')
const only = process.argv.find(argument => argument.startsWith('--only='))?.slice('--only='.length)
if (only === 'page' || only === 'search') {
  await import(`./${only}.ts`)
  process.exit()
}
const plan = quick ? { rounds: 1, streams: [1, 10, 50], idle: 1500 } : { rounds: 3, streams: [1, 10, 100, 200], idle: 3000 }
const productionIdle = quick ? 1500 : 5000

const llm = await startLlm()

/** Fresh processes for `work`, so that what a heavier load before left in their memory is not counted. */
async function withTargets<T>(work: (targets: Target[]) => Promise<T>): Promise<T> {
  const targets: Target[] = [directTarget(llm)]
  if (!only || only === 'zero-setup') targets.push(await zeroSetupTarget(llm))
  if (!only || only === 'production') targets.push(await productionTarget(llm))
  try { return await work(targets) }
  finally { for (const target of targets) await target.close() }
}

/** Streams that aren't counted, first of all: whoever comes to a server that runs meets compiled code. */
const warmUp = 100

async function runRound(targets: Target[], round: number): Promise<Measured[]> {
  for (const target of targets) await measure(target, llm, warmUp)
  const runs: Measured[] = []
  for (const streams of plan.streams) {
    for (const target of targets) {
      const run = await measure(target, llm, streams)
      runs.push(run)
      console.log(`round ${round}: ${target.name}, ${streams} streams: added ${run.addedP50.toFixed(1)} / ${run.addedP99.toFixed(1)} ms, broken ${run.broken}`)
    }
    await fetch(`${llm.root}/reset`, { method: 'POST' })
  }
  return runs
}

async function runIdle(targets: Target[]): Promise<Map<string, string>> {
  const idle = new Map<string, string>()
  for (const target of targets) {
    if (target.name === 'direct') continue
    const count = target.name === 'production' ? productionIdle : plan.idle
    idle.set(target.name, `${(await measureIdle(target, count)).toFixed(1)} kB each of ${count}`)
  }
  return idle
}

const runs: Measured[] = []
for (let round = 1; round <= plan.rounds; round++) runs.push(...await withTargets(targets => runRound(targets, round)))
const idle = await withTargets(runIdle)
await llm.close()

const names = [...new Set(runs.map(run => run.target))]
const medians = names.flatMap(name => plan.streams.map(streams => medianOf(runs.filter(run => run.target === name && run.streams === streams))))
const number = (value: number, digits = 1) => Number.isFinite(value) ? value.toFixed(digits) : '–'
const table = [
  '| | streams | added p50 / p99, ms | first token p50 / p99, ms | processor s per 1,000 tokens | memory, MB | transactions / NOTIFYs a second | broken answers |',
  '|---|--:|--:|--:|--:|--:|--:|--:|',
  ...medians.map(run => `| ${run.target} | ${run.streams} | ${number(run.addedP50)} / ${number(run.addedP99)} | ${number(run.firstP50, 0)} / ${number(run.firstP99, 0)} | ${run.target === 'direct' ? '–' : number(run.processor, 3)} | ${run.target === 'direct' ? '–' : number(run.memory, 0)} | ${Number.isFinite(run.transactions) ? `${number(run.transactions, 0)} / ${number(run.notifications, 0)}` : '–'} | ${run.broken} |`),
  '',
  ...[...idle].map(([name, held]) => `Idle sockets, ${name}: ${held}.`),
].join('\n')
report('load', `200 tokens an answer, the first after 50 ms, then 50 a second; medians of ${plan.rounds}${quick ? ' (quick)' : ''}, each of fresh processes that have written ${warmUp} answers before; a single stream is five, one after another. “Added” is arrival at the client minus the stamp in the token. Transactions and NOTIFYs are Postgres’, while all streams run; each listener’s hearing of a NOTIFY is a transaction, too. Client, LLM and all servers share the machine.\n\n${table}`, { machine: machine(), plan, medians, idle: Object.fromEntries(idle), runs })
process.exitCode = medians.some(run => run.broken > 0) ? 1 : 0
process.exit()
