/** Real servers for tests, bench and chaos: the production build, started by hand as an operator would. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildOnce } from '../../scripts/build-once.mjs'
import { freePort, startProcess, type Running } from './processes.ts'
import { until } from './until.ts'

export interface TestServer extends Running {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url: string
  port: number
  dataDir: string
  /** Its JSON log lines. */
  lines(): Record<string, unknown>[]
  /** Starts the same server again (same port, data and settings) after its end. */
  again(): Promise<TestServer>
}

export interface ServerOptions {
  /** Settings beside those below. Nothing of the tester's own environment gets in but PATH, TZ and where Node keeps what it compiled. */
  env?: Record<string, string | undefined>
  /** An existing data folder. Else a new one, removed by `close`. */
  dataDir?: string
  port?: number
  /** Do not wait for readiness (a worker without HTTP, or a server that must refuse to start). */
  wait?: boolean
  /** Flags of Node itself. */
  nodeArguments?: string[]
  readyWithinMs?: number
  /** Folder of the build, instead of the one that is made of the sources. */
  build?: string
}

/** As `npm start` has it. */
const nodeArguments = ['--max-semi-space-size=8']

/** Starts the built server and waits until it says it is ready. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const build = options.build ?? await buildOnce()
  const port = options.port ?? await freePort()
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'parley-'))
  const url = `http://127.0.0.1:${port}`
  const env = {
    PATH: process.env.PATH, TZ: process.env.TZ, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, NODE_ENV: 'production',
    HOST: '127.0.0.1', PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: 'info',
    // No test meets an Ollama that happens to run on the tester's machine.
    OLLAMA_BASE_URL: 'http://127.0.0.1:9',
    ...options.env,
  }
  const running = startProcess(process.execPath, [...nodeArguments, ...options.nodeArguments ?? [], join(build, 'server', 'index.mjs')], env, dataDir)
  const server: TestServer = {
    ...running, url, port, dataDir,
    lines: () => running.log().split('\n').flatMap((line) => { try { return [JSON.parse(line)] } catch { return [] } }),
    again: async () => {
      await running.ended
      return startServer({ ...options, port, dataDir })
    },
    close: async (graceMs) => {
      await running.close(graceMs)
      if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true })
    },
  }
  if (options.wait !== false) await waitUntilReady(server, options.readyWithinMs ?? 30_000)
  return server
}

async function waitUntilReady(server: TestServer, withinMs: number) {
  try {
    await until(async () => {
      if (!server.alive()) return true
      return (await fetch(`${server.url}/api/health/ready`, { signal: AbortSignal.timeout(2000) })).ok
    }, { what: 'the server to be ready', withinMs })
  }
  catch (error) {
    await server.close(0)
    throw new Error(`The server did not get ready. It said:\n${server.log().slice(-4000)}`, { cause: error })
  }
  if (!server.alive()) throw new Error(`The server ended at its start. It said:\n${server.log().slice(-4000)}`)
}
