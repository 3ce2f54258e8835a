/** A real server with a scripted LLM, lent to the tests of a file: what the live tests stand on. */
import { afterAll, beforeAll } from 'vitest'
import { signInAsGuest, type Session } from './client.ts'
import { llmSettings } from './live-settings.ts'
import { startScriptedLlm, type ScriptedLlm } from './scripted-llm.ts'
import { startServer, type TestServer } from './server.ts'

export interface Live {
  llm: ScriptedLlm
  server: TestServer
  guest(): Promise<Session>
}

/** Starts both before the file's tests and ends them after. `server` may be replaced by a test that restarts it. */
export function useLive(env: Record<string, string> = {}): Live {
  const live = { guest: () => signInAsGuest(live.server.url) } as Live
  beforeAll(async () => {
    live.llm = await startScriptedLlm()
    live.server = await startServer({ env: { ...llmSettings(live.llm), ...env } })
  })
  afterAll(async () => {
    await live.server?.close()
    await live.llm?.close()
  })
  return live
}
