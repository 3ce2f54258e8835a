/** What makes a server speak to the scripted LLM, and messages that tell it what to answer. */
import { messageSend } from './client.ts'
import type { S3Double } from './s3-double.ts'
import type { Call, Script, ScriptedLlm } from './scripted-llm.ts'

/** Settings that make a server use the scripted LLM. */
export const llmSettings = (llm: ScriptedLlm): Record<string, string> => ({
  OPENAI_BASE_URL: llm.url, OPENAI_API_KEY: 'test', OPENAI_API: 'chat', ALLOW_GUESTS: 'true', OUTBOUND_ALLOW_PRIVATE: 'true',
})

/** Settings that make a server keep its files in the double. */
export const storeSettings = ({ endpoint, account }: S3Double): Record<string, string> => ({
  S3_ENDPOINT: endpoint, S3_REGION: account.region, S3_BUCKET: 'parley', S3_ACCESS_KEY: account.accessKey, S3_SECRET_KEY: account.secretKey,
})

let scripts = 0
/** A message that makes the scripted LLM answer so. Each has its own name, so that the journal tells them apart. */
export function scriptedSend(script: Script, more: Parameters<typeof messageSend>[1] = {}) {
  const named = { name: `script ${++scripts}`, ...script }
  return { script: named, command: messageSend(JSON.stringify(named), more) }
}

export const callsOf = (llm: ScriptedLlm, script: Script): Call[] => llm.calls.filter(call => call.script.name === script.name)
