/**
 * An OpenAI-compatible server for tests, on @copilotkit/aimock: chat completions and Responses, pictures, speech and
 * transcription, and the faults that providers have. It answers the words that the demo model knows too, so that one
 * contract suite walks both. More answers: `mock.onMessage(…)`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { LLMock } from '@copilotkit/aimock'
import sharp from 'sharp'
import { openDemoImageModel } from '../../server/models/demo/picture.ts'
import { speak } from '../../server/models/demo/sound.ts'

export interface FakeLlm {
  /** Ends in `/v1`. */
  url: string
  mock: LLMock
  /** Calls for text, images, sounds and transcripts so far, by path. */
  calls(path: string): number
  /** What `/images/edits` was sent. */
  edits: EditAsked[]
  close(): Promise<void>
}

export interface EditAsked { model: string, prompt: string, pictures: { mime: string, bytes: Buffer }[] }

/**
 * `/v1/images/edits`: aimock reads only the words of the form. This one takes the pictures too, and gives the first back
 * upside down, so that a test sees whether the right bytes went there. A prompt with `refuse` in it is refused.
 */
async function answerEdit(request: IncomingMessage, response: ServerResponse, edits: EditAsked[]): Promise<true> {
  const form = await new Response(await buffer(request), { headers: { 'content-type': request.headers['content-type'] ?? '' } }).formData()
  const files = [...form.getAll('image'), ...form.getAll('image[]')].filter(value => value instanceof File)
  const pictures = await Promise.all(files.map(async file => ({ mime: file.type, bytes: Buffer.from(await file.arrayBuffer()) })))
  const prompt = String(form.get('prompt'))
  edits.push({ model: String(form.get('model')), prompt, pictures })
  const refused = prompt.includes('refuse')
  response.writeHead(refused ? 400 : 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(refused
    ? { error: { message: 'That is against our rules.', type: 'invalid_request_error', code: 'moderation_blocked' } }
    : { created: 1, data: [{ b64_json: (await sharp(pictures[0]?.bytes).flip().png().toBuffer()).toString('base64') }] }))
  return true
}

/** Long enough that only a time-out or a stop ends it. */
const neverMs = 600_000

/** As Whisper tells it: aimock's own type names the first four fields only, OpenAI's client wants them all. */
const segment = { id: 0, text: 'hello there', start: 0, end: 1.5, seek: 0, tokens: [1, 2], temperature: 0, avg_logprob: -0.1, compression_ratio: 1, no_speech_prob: 0 }

export async function openFakeLlm(): Promise<FakeLlm> {
  const mock = new LLMock({ host: '127.0.0.1', port: 0, logLevel: 'silent' })
  const png = await openDemoImageModel().doGenerate({ prompt: 'a lighthouse', n: 1, size: undefined, aspectRatio: undefined, seed: undefined, files: undefined, mask: undefined, providerOptions: {} })
  mock
    .on({ userMessage: /what time/i, hasToolResult: false }, { toolCalls: [{ name: 'what_time', arguments: '{"timeZone":"UTC"}', id: 'call_time' }] })
    .on({ userMessage: /what time/i, hasToolResult: true }, { content: 'It is that time.' })
    .on({ userMessage: /draw/i, hasToolResult: false }, { toolCalls: [{ name: 'make_image', arguments: '{"prompt":"a lighthouse"}', id: 'call_image' }] })
    .on({ userMessage: /draw/i, hasToolResult: true }, { content: 'There it is.' })
    .on({ userMessage: /sound/i, hasToolResult: false }, { toolCalls: [{ name: 'make_sound', arguments: '{"text":"hello"}', id: 'call_sound' }] })
    .on({ userMessage: /sound/i, hasToolResult: true }, { content: 'That was it.' })
    .on({ userMessage: /edit it/i, hasToolResult: false }, { toolCalls: [{ name: 'edit_image', arguments: '{"prompt":"make it grey","picture":"boat.png"}', id: 'call_edit' }] })
    .on({ userMessage: /edit it/i, hasToolResult: true }, { content: 'That is it.' })
    .onMessage(/reason about/i, { content: 'So it is.', reasoning: 'First one thing, then another.' })
    .onMessage(/^cut/i, { content: 'This answer will break off in the middle of a sentence, as if the line had been lost' }, { chunkSize: 4, truncateAfterChunks: 12, streamingProfile: { tps: 100 } })
    .onMessage(/^busy/i, { error: { message: 'Rate limit reached', type: 'rate_limit_error', code: 'rate_limit_exceeded' }, status: 429, retryAfter: 3 })
    .onMessage(/^fail/i, { error: { message: 'This cannot be answered.', type: 'invalid_request_error', code: 'bad' }, status: 400 })
    .onMessage(/^never/i, { content: 'too late' }, { latency: neverMs })
    .onMessage(/title for this conversation/i, { content: '"Tides and the Moon".' })
    .onMessage(/hello/i, { content: 'Hello to you, **friend**: grüß Gott, 👋 and 你好.', usage: { prompt_tokens: 3, completion_tokens: 12, input_tokens: 3, output_tokens: 12 } }, { chunkSize: 5 })
    .onImage(/.*/, { image: { b64Json: Buffer.from(png.images[0] as Uint8Array).toString('base64') } })
    .onSpeech(/.*/, { audio: Buffer.from(speak('hello')).toString('base64'), format: 'wav' })
    .onTranscription({ transcription: { text: 'hello there', duration: 1.5, segments: [segment] } })
  const edits: EditAsked[] = []
  mock.mount('/v1/images/edits', { handleRequest: (request, response) => answerEdit(request, response, edits) })
  await mock.start()
  return {
    url: `${mock.url}/v1`,
    mock,
    edits,
    calls: path => mock.getRequests().filter(request => request.path.endsWith(path)).length,
    close: () => mock.stop(),
  }
}
