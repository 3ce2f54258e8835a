/**
 * A fake LLM for the bench: OpenAI's chat-completions wire on plain node:http, as cheap as it gets. Every token carries
 * its number and the moment it was sent (` t17:1732280000123.456`, epoch milliseconds), so that a client can tell its
 * delay, and every answer can be checked letter for letter against what was served.
 *
 * By itself: `node bench/fake-llm.ts [port]` prints one line `{"url":"http://127.0.0.1:…/v1"}`, and answers
 * `GET /stats`, `GET /served` (the answers, by what was asked) and `POST /reset`. SIGTERM ends it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeLlmOptions {
  port?: number
  /** Tokens of one answer. */
  tokens?: number
  firstAfterMs?: number
  perSecond?: number
  /** What the answers say, token by token; stamps unless told. */
  token?: (index: number) => string
}

export interface Served {
  /** What the last message of the user said. */
  asked: string
  /** What was sent of the answer so far. */
  text: string
  outcome: 'open' | 'whole' | 'aborted'
}

export interface FakeLlm {
  /** Ends in `/v1`: the base URL for a client. */
  url: string
  served: Served[]
  stats(): { calls: number, open: number, whole: number, aborted: number, tokens: number }
  reset(): void
  close(): Promise<void>
}

/** Epoch milliseconds, finer than Date.now() and comparable between processes of one machine. */
export const stampNow = (): number => performance.timeOrigin + performance.now()

/** The tokens of an answer, as far as they are whole: their numbers and the moments they were sent. */
export const readStamps = (text: string): { index: number, sentAt: number }[] =>
  [...text.matchAll(/ t(\d+):(\d+\.\d{3})/g)].map(([, index, sentAt]) => ({ index: Number(index), sentAt: Number(sentAt) }))

interface Stream { response: ServerResponse, served: Served, sent: number, dueAt: number, usage: boolean }

const head = '{"id":"chatcmpl-fake","object":"chat.completion.chunk","created":1732280000,"model":"bench",'
const piece = (delta: string, finish = 'null') => `data: ${head}"choices":[{"index":0,"delta":${delta},"finish_reason":${finish}}]}\n\n`
const opening = piece('{"role":"assistant","content":""}')
const [before, after] = piece('{"content":"§"}').split('§') as [string, string]
const closing = piece('{}', '"stop"')

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const pieces: Buffer[] = []
  for await (const data of request) pieces.push(data as Buffer)
  return JSON.parse(Buffer.concat(pieces).toString() || '{}') as Record<string, unknown>
}

function askedOf(messages: unknown): string {
  const users = (Array.isArray(messages) ? messages as { role?: string, content?: unknown }[] : []).filter(({ role }) => role === 'user')
  const content = users.at(-1)?.content
  return typeof content === 'string' ? content : JSON.stringify(content ?? '')
}

const json = (response: ServerResponse, value: unknown) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

const usageOf = (tokens: number) => ({ prompt_tokens: 10, completion_tokens: tokens, total_tokens: tokens + 10 })

/** Sends the tokens of all streams, on one timer. */
const stamped = (index: number) => ` t${index}:${stampNow().toFixed(3)}`

function openPlayer({ tokens = 200, firstAfterMs = 50, perSecond = 50, token: tokenAt = stamped }: FakeLlmOptions) {
  const streams = new Set<Stream>()
  let sent = 0
  let timer: NodeJS.Timeout | undefined

  function end(stream: Stream, outcome: Served['outcome']) {
    streams.delete(stream)
    stream.served.outcome = outcome
    if (outcome !== 'whole') return
    const usage = stream.usage ? `data: ${head}"choices":[],"usage":${JSON.stringify(usageOf(tokens))}}\n\n` : ''
    stream.response.end(`${closing}${usage}data: [DONE]\n\n`)
  }

  function send(stream: Stream) {
    const token = tokenAt(stream.sent)
    stream.response.write(before + JSON.stringify(token).slice(1, -1) + after)
    stream.served.text += token
    stream.sent++
    sent++
    stream.dueAt += 1000 / perSecond
  }

  function tick() {
    for (const stream of streams) {
      // Against the plan, not the last token: a late tick sends what it owes.
      while (stream.dueAt <= performance.now() && stream.sent < tokens) send(stream)
      if (stream.sent >= tokens) end(stream, 'whole')
    }
    if (!streams.size) stop()
  }

  function stop() {
    clearInterval(timer)
    timer = undefined
  }

  return {
    tokens: () => sent,
    reset: () => { sent = 0 },
    stop,
    begin(response: ServerResponse, served: Served, startedAt: number, usage: boolean) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
      response.write(opening)
      const stream: Stream = { response, served, sent: 0, dueAt: startedAt + firstAfterMs, usage }
      streams.add(stream)
      response.on('close', () => { if (streams.has(stream)) end(stream, 'aborted') })
      timer ??= setInterval(tick, 1)
    },
  }
}

function answerWhole(response: ServerResponse, entry: Served, tokens: number) {
  entry.text = Array.from({ length: tokens }, (_, index) => stamped(index)).join('')
  entry.outcome = 'whole'
  json(response, { id: 'chatcmpl-fake', object: 'chat.completion', created: 1732280000, model: 'bench', choices: [{ index: 0, message: { role: 'assistant', content: entry.text }, finish_reason: 'stop' }], usage: usageOf(tokens) })
}

/** Starts it on a free port of the loopback, or the one given. */
export async function openFakeLlm(options: FakeLlmOptions = {}): Promise<FakeLlm> {
  const served: Served[] = []
  const player = openPlayer(options)

  async function complete(request: IncomingMessage, response: ServerResponse) {
    const startedAt = performance.now()
    const body = await bodyOf(request)
    const entry: Served = { asked: askedOf(body.messages), text: '', outcome: 'open' }
    served.push(entry)
    if (!body.stream) return answerWhole(response, entry, options.tokens ?? 200)
    player.begin(response, entry, startedAt, Boolean((body.stream_options as { include_usage?: boolean } | undefined)?.include_usage))
  }

  const count = (outcome: Served['outcome']) => served.filter(one => one.outcome === outcome).length
  const stats = () => ({ calls: served.length, open: count('open'), whole: count('whole'), aborted: count('aborted'), tokens: player.tokens() })
  const reset = () => {
    served.length = 0
    player.reset()
  }
  const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
    'POST /v1/chat/completions': (request, response) => { complete(request, response).catch(() => response.destroy()) },
    'GET /v1/models': (_, response) => json(response, { object: 'list', data: [{ id: 'bench', object: 'model', created: 0, owned_by: 'parley' }] }),
    'GET /stats': (_, response) => json(response, stats()),
    'GET /served': (_, response) => json(response, served),
    'POST /reset': (_, response) => { reset(); json(response, {}) },
  }
  const server = createServer((request, response) => {
    const route = routes[`${request.method} ${request.url}`]
    if (route) route(request, response)
    else response.writeHead(404).end()
  })
  // As providers do: a connection is kept between two answers.
  server.keepAliveTimeout = 60_000
  await new Promise<void>(resolve => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    served, stats, reset,
    close: () => new Promise((resolve) => {
      player.stop()
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

if (import.meta.main) {
  const fake = await openFakeLlm({ port: Number(process.argv[2] ?? 0) })
  console.log(JSON.stringify({ url: fake.url }))
  process.once('SIGTERM', () => { void fake.close() })
}
