/** What processes cost, from Linux's own books under /proc. */
import { readFileSync, readdirSync } from 'node:fs'

/** Clock ticks per second: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

interface Stat { pid: number, name: string, parent: number, seconds: number }

function readStat(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name stands in brackets and may hold anything; the fields are counted from its end.
    const close = text.lastIndexOf(')')
    const fields = text.slice(close + 2).split(' ')
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0)
    return { pid, name: text.slice(text.indexOf('(') + 1, close), parent: Number(fields[1]), seconds: ticks / ticksPerSecond }
  }
  catch { return null }
}

const allProcesses = (): Stat[] => readdirSync('/proc').flatMap(name => /^\d+$/.test(name) ? readStat(Number(name)) ?? [] : [])

/** These processes and all below them. */
export function withDescendants(roots: readonly number[]): Stat[] {
  const all = allProcesses()
  const found = new Map(all.filter(one => roots.includes(one.pid)).map(one => [one.pid, one]))
  for (let grown = true; grown;) {
    grown = false
    for (const one of all) {
      if (found.has(one.pid) || !found.has(one.parent)) continue
      found.set(one.pid, one)
      grown = true
    }
  }
  return [...found.values()]
}

/** The postgres processes below us: the server that the bench started. */
export const ownPostgres = (): number[] => withDescendants([process.pid]).filter(one => one.name.startsWith('postgres')).map(one => one.pid)

/** Processor seconds of these processes and their ended children. */
export const processorSeconds = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + (readStat(pid)?.seconds ?? 0), 0)

/** Megabytes they hold: proportional shares, so that what Postgres' processes share is counted once. */
export const megabytes = (pids: readonly number[]): number => pids.reduce((sum, pid) => {
  try { return sum + Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024 }
  catch { return sum }
}, 0)
