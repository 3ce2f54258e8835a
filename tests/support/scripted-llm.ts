/**
 * An OpenAI-compatible endpoint (chat completions, streamed) that does what the last user message says, as JSON:
 * `{"tokens":200,"perSecond":50}`. It keeps a journal, so that tests can compare what was written with what was sent.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Script {
  tokens: number
  /** Every token is this, instead of numbered words. */
  says?: string
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
  /** Ask for a picture first (`make_image`), then write. */
  draws?: boolean
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
  /** Pictures that were made. */
  pictures(): number
  close(): Promise<void>
}

/** What a server must say of the model for it to be given files, and to draw. */
export const scriptedModels = { OPENAI_MODELS: 'fake[image tools]', OPENAI_IMAGE_MODEL: 'fake-image' }

const words = ['lorem ', 'ipsum ', 'dolør ', 'sit ', 'amét, ', '🙂 ', 'consectetur\n', '**bold** ', '`code` ', '日本 ']
/** Token number `n`, from 0. Numbered, so that a missing, doubled or moved one shows. */
const token = (n: number, says?: string) => says ?? `${n}:${words[n % words.length]}`
/** The whole text that a script answers with. */
export const textOfScript = (script: Script): string => Array.from({ length: script.tokens }, (_, n) => token(n, script.says)).join('')

interface Body { messages?: { role: string, content: unknown }[], stream?: boolean }

const readScript = (body: Body): Script | null => {
  const last = body.messages?.findLast(message => message.role === 'user')?.content
  // Beside files there are parts that name them.
  const texts = Array.isArray(last) ? last.map(part => (part as { text?: string }).text ?? '') : [String(last ?? '')]
  for (const text of texts) {
    try {
      const script = JSON.parse(text) as Script
      if (typeof script.tokens === 'number') return script
    }
    catch { /* No script. */ }
  }
  return null
}

const readBody = async (request: IncomingMessage) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString() || '{}') as Body
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
      response.write(line({ content: token(call.sent, call.script.says) }))
    }
    if (call.sent < tokens) return void (timer = setTimeout(step, Math.max(0, startedAt + call.sent / perSecond * 1000 - performance.now())))
    end('whole')
    response.end(`${line({}, 'stop')}data: ${JSON.stringify({ ...head, choices: [], usage: { prompt_tokens: 10, completion_tokens: tokens, total_tokens: tokens + 10 } })}\n\ndata: [DONE]\n\n`)
  }
  timer = setTimeout(step, firstAfterMs)
}

function askForPicture(response: ServerResponse) {
  const call = { index: 0, id: 'call_image', type: 'function', function: { name: 'make_image', arguments: '{"prompt":"a lighthouse"}' } }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(`${line({ role: 'assistant', tool_calls: [call] })}${line({}, 'tool_calls')}data: [DONE]\n\n`)
}

/** The smallest PNG there is. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='

function refuse(response: ServerResponse, { status = 500, retryAfter }: Script) {
  response.writeHead(status, { 'content-type': 'application/json', ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }) })
  response.end(JSON.stringify({ error: { message: 'as the script says', type: 'fake' } }))
}

function answer(calls: Call[], body: Body, response: ServerResponse) {
  const script = readScript(body)
  if (!script) return answerWhole(response, body.stream === true)
  if (script.draws && body.messages?.at(-1)?.role !== 'tool') return askForPicture(response)
  const earlier = calls.filter(call => call.script.name === script.name).length
  const faulty = earlier < (script.times ?? Infinity)
  const call: Call = { script, at: Date.now(), sent: 0, end: 'running', endedAt: null }
  calls.push(call)
  if (!script.status || !faulty) return play(call, response, faulty)
  Object.assign(call, { end: 'refused', endedAt: Date.now() })
  refuse(response, script)
}

/** Starts it on a free port of the loopback (or on `port`). */
export async function startScriptedLlm(port = 0): Promise<ScriptedLlm> {
  const calls: Call[] = []
  let pictures = 0
  const server = createServer(async (request, response) => {
    if (request.url === '/v1/models') return response.end(JSON.stringify({ object: 'list', data: [{ id: 'fake', object: 'model', created: 0, owned_by: 'tests' }] }))
    if (request.url === '/calls') return response.end(JSON.stringify(calls))
    const body = await readBody(request)
    if (request.url !== '/v1/images/generations') return answer(calls, body, response)
    pictures += 1
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ created: 0, data: [{ b64_json: png }] }))
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    pictures: () => pictures,
    close: () => new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    }),
  }
}
