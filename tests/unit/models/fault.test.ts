import { APICallError, InvalidResponseDataError, UnsupportedFunctionalityError } from '@ai-sdk/provider'
import { describe, expect, test } from 'vitest'
import { toModelFault } from '../../../server/models/fault.ts'
import { retryAfterOf } from '../../../server/models/retry-after.ts'

const answered = (statusCode: number, message: string, more: { code?: string, headers?: Record<string, string> } = {}) =>
  new APICallError({ message, url: 'https://api.example/v1', requestBodyValues: {}, statusCode, responseHeaders: more.headers ?? {}, data: { error: { message, code: more.code ?? null } } })

describe('what a provider’s refusal means', () => {
  test.each([
    [401, 'Incorrect API key provided: sk-abcdef123456', undefined, 'model_key_refused', false],
    [403, 'Forbidden', undefined, 'model_key_refused', false],
    [404, 'The model `x` does not exist', 'model_not_found', 'model_not_found', false],
    [404, 'Not here', undefined, 'model_refused', false],
    [408, 'Timeout', undefined, 'model_timed_out', true],
    [429, 'Slow down', undefined, 'model_busy', true],
    [429, 'You exceeded your current quota', 'insufficient_quota', 'model_refused', false],
    [400, 'This model\'s maximum context length is 8192 tokens', 'context_length_exceeded', 'model_context_full', false],
    [413, 'prompt is too long: 300000 tokens', undefined, 'model_context_full', false],
    [400, 'This model does not support image input', undefined, 'model_input_refused', false],
    [400, 'Something odd', undefined, 'model_refused', false],
    [500, 'Oops', undefined, 'model_failed', true],
    [502, 'Bad gateway', undefined, 'model_failed', true],
    [503, 'Overloaded', undefined, 'model_busy', true],
    [529, 'Overloaded', undefined, 'model_busy', true],
  ] as const)('%i %s', (status, message, kind, code, retryable) => {
    expect(toModelFault(answered(status, message, kind ? { code: kind } : {}), 'm', false)).toMatchObject({ code, retryable })
  })

  test('a reason that is shown holds no key', () => {
    expect(toModelFault(answered(400, 'Bad key sk-proj-abc123456789 in\n\nrequest'), 'm', false).message).toContain('Bad key [key] in request')
  })

  test.each([
    [{ message: 'Rate limit reached', type: 'tokens', code: 'rate_limit_exceeded' }, 'model_busy'],
    [{ message: 'The server had an error', type: 'server_error', code: null }, 'model_failed'],
    [{ message: 'Too long', type: 'invalid_request_error', code: 'context_length_exceeded' }, 'model_context_full'],
    [{ message: 'no', type: 'invalid_request_error', code: null }, 'model_refused'],
    ['overloaded', 'model_busy'],
    [undefined, 'model_failed'],
  ])('an error inside the stream: %o', (error, code) => {
    expect(toModelFault(error, 'm', true).code).toBe(code)
  })

  test('a lost connection is unreachable before the answer began, and a cut-off after', () => {
    const lost = Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error('read'), { code: 'ECONNRESET' }) })
    expect(toModelFault(lost, 'm', false)).toMatchObject({ code: 'model_unreachable', retryable: true })
    expect(toModelFault(lost, 'm', true)).toMatchObject({ code: 'reply_cut_off', retryable: true })
    expect(toModelFault(new InvalidResponseDataError({ data: undefined, message: 'Response stream ended without a finish reason.' }), 'm', true).code).toBe('reply_cut_off')
  })

  test('what a wire cannot carry is refused, not tried again', () => {
    expect(toModelFault(new UnsupportedFunctionalityError({ functionality: 'audio media type audio/ogg' }), 'm', false)).toMatchObject({ code: 'model_input_refused', retryable: false })
  })
})

describe('how long a provider asks us to wait', () => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  test.each([
    [{ 'retry-after': '3' }, 3000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Sun, 22 Nov 2026 12:00:10 GMT' }, 10_000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 11:00:10 GMT' }, 0],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' }, 360_000],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '20ms', 'x-ratelimit-remaining-requests': '5', 'x-ratelimit-reset-requests': '1h' }, 20],
    [{ 'x-ratelimit-reset': String(now / 1000 + 30) }, 30_000],
    [{ 'x-ratelimit-reset': '12' }, 12_000],
    [{ 'retry-after': '999999999' }, 3_600_000],
    [{ 'retry-after': 'soon' }, null],
    [{}, null],
    [undefined, null],
  ])('%o is %o ms', (headers, expected) => {
    expect(retryAfterOf(headers as Record<string, string> | undefined, now)).toBe(expected)
  })
})
