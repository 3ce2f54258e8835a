/**
 * An OpenAI-compatible endpoint (chat completions, streamed) that does what the last user message says, as JSON:
 * `{"tokens":200,"perSecond":50}`. It keeps a journal, so that tests can compare what was written with what was sent.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Script {
  tokens: number
  /** 0: as fast as they go. */
  perSecond?: number
  /** The first token comes so late, `times` times. */
  firstAfterMs?: number
  /** Answer with this status instead, `times` times (always, without). */
  status?: number
  times?: number
  retryAfter?: number
  /** Cut the connection after so many tokens, `times` times. */
  cutAfter?: number
  /** Tells scripts apart in the journal. */
  name?: string
}

export interface Call {
  script: Script
  at: number
  sent: number
  /** How it ended, or that it hasn't. */
  end: 'running' | 'whole' | 'cut' | 'aborted' | 'refused'
  endedAt: number | null
}

export interface ScriptedLlm {
  /** For OPENAI_BASE_URL. */
  url: string
  /** Calls for replies, oldest first; calls for titles and the like are left out. */
  calls: Call[]
  close(): Promise<void>
}

const words = ['lorem ', 'ipsum ', 'dolør ', 'sit ', 'amét, ', '🙂 ', 'consectetur\n', '**bold** ', '`code` ', '日本 ']
/** Token number `n`, from 0. Numbered, so that a missing, doubled or moved one shows. */
const token = (n: number) => `${n}:${words[n % words.length]}`
/** The whole text that a script answers with. */
export const textOfScript = (script: Script): string => Array.from({ length: script.tokens }, (_, n) => token(n)).join('')

const readScript = (body: { messages?: { role: string, content: unknown }[] }): Script | null => {
  const last = body.messages?.findLast(message => message.role === 'user')?.content
  const text = Array.isArray(last) ? last.map(part => (part as { text?: string }).text ?? '').join('') : String(last ?? '')
  try {
    const script = JSON.parse(text) as Script
    return typeof script.tokens === 'number' ? script : null
  }
  catch { return null }
}

const readBody = async (request: IncomingMessage) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString() || '{}') as { messages?: { role: string, content: unknown }[], stream?: boolean }
}

const head = { id: 'chatcmpl-fake', object: 'chat.completion.chunk', created: 0, model: 'fake' }
const line = (delta: object, finish: string | null = null) => `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`

function answerWhole(response: ServerResponse, stream: boolean) {
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  if (!stream) {
    response.writeHead(200, { 'content-type': 'application/json' })
    return response.end(JSON.stringify({ ...head, object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: 'A title' }, finish_reason: 'stop' }], usage }))
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(`${line({ role: 'assistant', content: 'A title' })}${line({}, 'stop')}data: [DONE]\n\n`)
}

function play(call: Call, response: ServerResponse, faulty: boolean) {
  const { tokens, perSecond = 0, cutAfter = Infinity } = call.script
  const firstAfterMs = faulty ? call.script.firstAfterMs ?? 0 : 0
  const startedAt = performance.now() + firstAfterMs
  let timer: NodeJS.Timeout | undefined
  const end = (how: Call['end']) => {
    clearTimeout(timer)
    if (call.end === 'running') Object.assign(call, { end: how, endedAt: Date.now() })
  }
  response.once('close', () => end('aborted'))
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const step = () => {
    const due = perSecond === 0 ? tokens : Math.floor((performance.now() - startedAt) / 1000 * perSecond) + 1
    for (; call.sent < Math.min(due, tokens); call.sent++) {
      if (faulty && call.sent === cutAfter) {
        end('cut')
        return response.destroy()
      }
      response.write(line({ content: token(call.sent) }))
    }
    if (call.sent < tokens) return void (timer = setTimeout(step, Math.max(0, startedAt + call.sent / perSecond * 1000 - performance.now())))
    end('whole')
    response.end(`${line({}, 'stop')}data: ${JSON.stringify({ ...head, choices: [], usage: { prompt_tokens: 10, completion_tokens: tokens, total_tokens: tokens + 10 } })}\n\ndata: [DONE]\n\n`)
  }
  timer = setTimeout(step, firstAfterMs)
}

/** Starts it on a free port of the loopback (or on `port`). */
export async function startScriptedLlm(port = 0): Promise<ScriptedLlm> {
  const calls: Call[] = []
  const server = createServer(async (request, response) => {
    if (request.url === '/v1/models') return response.end(JSON.stringify({ object: 'list', data: [{ id: 'fake', object: 'model', created: 0, owned_by: 'tests' }] }))
    if (request.url === '/calls') return response.end(JSON.stringify(calls))
    const body = await readBody(request)
    const script = readScript(body)
    if (!script) return answerWhole(response, body.stream === true)
    const earlier = calls.filter(call => call.script.name === script.name).length
    const faulty = earlier < (script.times ?? Infinity)
    const call: Call = { script, at: Date.now(), sent: 0, end: 'running', endedAt: null }
    calls.push(call)
    if (script.status && faulty) {
      Object.assign(call, { end: 'refused', endedAt: Date.now() })
      response.writeHead(script.status, { 'content-type': 'application/json', ...(script.retryAfter === undefined ? {} : { 'retry-after': String(script.retryAfter) }) })
      return response.end(JSON.stringify({ error: { message: 'as the script says', type: 'fake' } }))
    }
    play(call, response, faulty)
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    close: () => new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    }),
  }
}
