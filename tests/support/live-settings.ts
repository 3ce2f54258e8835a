/** What makes a server speak to the scripted LLM, and messages that tell it what to answer. */
import { messageSend } from './client.ts'
import type { Call, Script, ScriptedLlm } from './scripted-llm.ts'

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

export const callsOf = (llm: ScriptedLlm, script: Script): Call[] => llm.calls.filter(call => call.script.name === script.name)
