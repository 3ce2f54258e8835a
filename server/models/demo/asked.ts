/** What the demo model finds in a prompt: it understands nothing, but it looks closely. */
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'

export interface AskedFile {
  name: string
  /** `picture, image/png, 640 × 480, 12 kB`, as prompt.ts words it. */
  facts: string
  /** Bytes that really arrived; null when the file came in words only. */
  bytes: number | null
  /** Transcript or text, as far as one came. */
  words: string | null
}

export interface Asked {
  /** What the user wrote last. */
  text: string
  files: AskedFile[]
  /** How many messages the user sent in this conversation, and the first of them. */
  turn: number
  first: string
  instructions: string | null
  /** Results of the tools that ran since, one list of outputs per step. */
  results: { tool: string, output: unknown }[][]
  /** Names of the tools that may be called now. */
  tools: string[]
}

const labelled = /^\[File "([^"]*)" \((.*?)\)(?:\]|[.:] | was )/
const content = /<file-content>\n([\s\S]*)\n<\/file-content>/

type UserMessage = Extract<LanguageModelV4CallOptions['prompt'][number], { role: 'user' }>

function filesOf(message: UserMessage): AskedFile[] {
  const files = new Map<string, AskedFile>()
  let latest: AskedFile | undefined
  for (const part of message.content) {
    if (part.type === 'file') {
      if (latest && part.data.type === 'data') latest.bytes = (latest.bytes ?? 0) + part.data.data.length
      continue
    }
    const label = labelled.exec(part.text)
    if (!label) continue
    const [, name = '', facts = ''] = label
    latest = files.get(`${name} ${facts}`) ?? { name, facts, bytes: null, words: null }
    latest.words = content.exec(part.text)?.[1] ?? latest.words
    files.set(`${name} ${facts}`, latest)
  }
  return [...files.values()]
}

const wordsOf = (message: UserMessage | undefined) =>
  message?.content.flatMap(part => part.type === 'text' && !labelled.test(part.text) ? [part.text] : []).join('\n').trim() ?? ''

function outputOf(output: { type: string, value?: unknown, reason?: unknown }): unknown {
  return output.type.startsWith('error') ? { error: output.value } : output.value
}

export function readPrompt({ prompt, tools, toolChoice }: LanguageModelV4CallOptions): Asked {
  const at = prompt.findLastIndex(message => message.role === 'user')
  const users = prompt.filter(message => message.role === 'user')
  const last = users.at(-1)
  const system = prompt.find(message => message.role === 'system')
  return {
    text: wordsOf(last),
    files: last ? filesOf(last) : [],
    turn: users.length,
    first: wordsOf(users[0]),
    instructions: system?.content ?? null,
    results: prompt.slice(at + 1).flatMap(message => message.role === 'tool'
      ? [message.content.flatMap(part => part.type === 'tool-result' ? [{ tool: part.toolName, output: outputOf(part.output) }] : [])]
      : []),
    tools: toolChoice?.type === 'none' ? [] : (tools ?? []).map(tool => tool.name),
  }
}
