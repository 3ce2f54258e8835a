/** Child processes of tests, bench and chaos: logs kept, signals by name, nothing left behind. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'

export interface Running {
  pid: number
  /** Everything it said on both streams so far. */
  log(): string
  /** Resolves when it has ended, with its exit code (null when a signal ended it). */
  ended: Promise<number | null>
  /** True until it has ended. */
  alive(): boolean
  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT' | 'SIGINT'): void
  /** Ends it, gently first. Safe to call twice. */
  close(graceMs?: number): Promise<void>
}

const children = new Set<ChildProcess>()
process.once('exit', () => { for (const child of children) child.kill('SIGKILL') })

const logLimit = 2_000_000

/** Starts `node <args>` (or another program) with exactly this environment, and follows it. */
export function startProcess(command: string, args: string[], env: Record<string, string | undefined>, cwd?: string): Running {
  const child = spawn(command, args, { env: env as NodeJS.ProcessEnv, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  let said = ''
  const hear = (data: Buffer) => { said = (said + data.toString()).slice(-logLimit) }
  child.stdout?.on('data', hear)
  child.stderr?.on('data', hear)
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', (error) => { said += error.message; children.delete(child); resolve(1) })
    child.once('exit', (code) => { children.delete(child); resolve(code) })
  })
  const alive = () => children.has(child)
  return {
    pid: child.pid ?? 0,
    log: () => said,
    ended,
    alive,
    signal: (name) => { if (alive()) child.kill(name) },
    close: async (graceMs = 10_000) => {
      if (!alive()) return
      child.kill('SIGCONT')
      child.kill('SIGTERM')
      const deadline = setTimeout(() => child.kill('SIGKILL'), graceMs)
      await ended
      clearTimeout(deadline)
    },
  }
}

/** A TCP port on the loopback that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')))
    })
  })
}
