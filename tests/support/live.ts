/** A real server with a scripted LLM, lent to the tests of a file: what the live tests stand on. */
import { afterAll, beforeAll } from 'vitest'
import { messageSend, signInAsGuest, type Session } from './client.ts'
import { startScriptedLlm, type Script, type ScriptedLlm } from './scripted-llm.ts'
import { startServer, type TestServer } from './server.ts'

export interface Live {
  llm: ScriptedLlm
  server: TestServer
  guest(): Promise<Session>
}

/** Settings that make a server use the scripted LLM. */
export const llmSettings = (llm: ScriptedLlm): Record<string, string> => ({
  OPENAI_BASE_URL: llm.url, OPENAI_API_KEY: 'test', OPENAI_API: 'chat', ALLOW_GUESTS: 'true', OUTBOUND_ALLOW_PRIVATE: 'true',
})

let scripts = 0
/** A message that makes the scripted LLM answer so. Each has its own name, so that the journal tells them apart. */
export function scriptedSend(script: Script, more: Parameters<typeof messageSend>[1] = {}) {
  const named = { name: `script ${++scripts}`, ...script }
  return { script: named, command: messageSend(JSON.stringify(named), more) }
}

export const callsOf = (llm: ScriptedLlm, script: Script) => llm.calls.filter(call => call.script.name === script.name)

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
