/**
 * `npm run chaos [-- --seed=7] [-- --seconds=60] [-- --self-check]`: two web and two worker processes of the production
 * build on a PostgreSQL and a store of their own, under load, while processes are killed, frozen and replaced, the
 * database is restarted and cut off, and the store goes away, at moments that the seed decides. Then every accepted
 * message is looked for at its followers, in the database, in the LLM's own log, in the queue and in the store. Prints
 * what was done and what was found; fails unless nothing was lost, doubled or stuck. `--self-check` plays short rounds with
 * a database and with builds that are broken on purpose, and fails unless each is caught.
 */
import { playRound, type Round } from './chaos/round.ts'
import { sabotages, type Sabotage } from './chaos/sabotage.ts'

const option = (name: string, otherwise: number) => Number(process.argv.find(one => one.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise)
const seed = option('seed', 1)
const findings = ['lost', 'doubled', 'stuck'] as const

const tell = ({ verdict }: Round) => {
  for (const finding of findings) for (const problem of verdict[finding].slice(0, 10)) console.log(`  ${finding}: ${problem}`)
}

function report(round: Round): void {
  const { verdict, messages, pictures, faults, processes } = round
  tell(round)
  for (const reply of verdict.givenUp) console.log(`  given up, and said so: ${reply}`)
  console.log(`\nseed ${seed}: ${messages} messages, ${verdict.calls} calls of the model (${verdict.wasted} whole ones of writers that were killed, frozen or cut off), ${pictures} pictures, ${processes} processes`)
  console.log([...faults].map(([name, times]) => `${times} × ${name}`).join(', '))
  console.log(`given up ${verdict.givenUp.length}, ${findings.map(finding => `${finding} ${verdict[finding].length}`).join(', ')}`)
}

async function checkItself(sabotage: Sabotage): Promise<boolean> {
  console.log(`\nOn purpose: ${sabotage.what}`)
  const round = await playRound({ seed, seconds: option('seconds', 8), sabotage })
  const { verdict, messages } = round
  tell(round)
  const caught = sabotage.finds.every(finding => verdict[finding].length > 0)
  console.log(`${caught ? 'Caught' : 'NOT CAUGHT'}: of ${messages} messages ${findings.map(finding => `${finding} ${verdict[finding].length}`).join(', ')}`)
  return caught
}

if (process.argv.includes('--self-check')) {
  let all = true
  for (const sabotage of sabotages) all = await checkItself(sabotage) && all
  console.log(all ? '\nSelf-check: everything that was broken on purpose was caught.' : '\nSelf-check FAILED.')
  process.exit(all ? 0 : 1)
}
const round = await playRound({ seed, seconds: option('seconds', 30) })
report(round)
process.exit(findings.every(finding => round.verdict[finding].length === 0) ? 0 : 1)
