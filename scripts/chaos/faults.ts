/** What is done to a fleet: each fault resolves when the next may come; what it broke heals by itself or is started anew. */
import { setTimeout as pause } from 'node:timers/promises'
import type postgres from 'postgres'
import type { Fleet } from '../../tests/support/fleet.ts'
import type { Random } from '../../tests/support/random.ts'
import type { S3Double } from '../../tests/support/s3-double.ts'
import { until } from '../../tests/support/until.ts'

export interface Broken { fleet: Fleet, store: S3Double, sql: postgres.Sql, random: Random }

export type Fault = (broken: Broken) => Promise<unknown>

const frozenMs = 20_000

/** A process is killed, and somebody starts another. */
async function kill({ fleet, random }: Broken, role: 'web' | 'worker'): Promise<void> {
  const list = role === 'web' ? fleet.webs : fleet.workers
  const victim = random.pick(list)
  victim.signal('SIGKILL')
  await victim.ended
  list.splice(list.indexOf(victim), 1)
  await fleet.start(role)
}

/** A rolling restart brings the new one first. */
async function replace({ fleet, random }: Broken, role: 'web' | 'worker'): Promise<void> {
  const list = role === 'web' ? fleet.webs : fleet.workers
  const victim = random.pick(list)
  await fleet.start(role)
  list.splice(list.indexOf(victim), 1)
  victim.signal('SIGTERM')
  const code = await victim.ended
  if (code !== 0) throw new Error(`A ${role} process ended with ${code} when it was asked to go:\n${victim.log().slice(-2000)}`)
}

/** Frozen while everything else goes on. */
async function freeze({ fleet, random }: Broken, thawing: Promise<unknown>[]): Promise<void> {
  const worker = random.pick(fleet.workers)
  worker.signal('SIGSTOP')
  thawing.push(pause(frozenMs).then(() => worker.signal('SIGCONT')))
}

/** Cuts the connections of this name. After a restart of the server they may be on their way back: a fault that hits nothing tests nothing. */
const cut = ({ sql }: Broken, name: string) => until(async () =>
  (await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name like ${name}`).length > 0,
{ what: `connections called ${name}` })

async function storeDown({ store, random }: Broken): Promise<void> {
  store.setDown(true)
  await pause(random.whole(1000, 4000))
  store.setDown(false)
}

/** The faults by name. What is still frozen is in `thawing`. */
export function makeFaults(thawing: Promise<unknown>[]): Record<string, Fault> {
  return {
    'worker killed': broken => kill(broken, 'worker'),
    'web killed': broken => kill(broken, 'web'),
    'worker replaced': broken => replace(broken, 'worker'),
    'web replaced': broken => replace(broken, 'web'),
    'worker frozen for 20 s': broken => freeze(broken, thawing),
    'store down': storeDown,
    'database restarted in order': ({ fleet, random }) => fleet.restartDatabase('SIGINT', random.whole(200, 1500)),
    'database stopped at once and started': ({ fleet, random }) => fleet.restartDatabase('SIGQUIT', random.whole(200, 1500)),
    'all database connections cut': broken => cut(broken, '%'),
    'listening connections cut': broken => cut(broken, 'parley-bus'),
  }
}
