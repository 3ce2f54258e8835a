/** What can go wrong with a model, in the product's own codes. */
import { APICallError, InvalidResponseDataError, UnsupportedFunctionalityError } from '@ai-sdk/provider'
import type { ErrorCode } from '../../shared/errors.ts'
import { AppError } from '../domain/errors.ts'
import { retryAfterOf } from './retry-after.ts'

/**
 * A model call that failed. `message` is a sentence for people; what the provider said stands in `cause`, which may
 * hold what the user wrote and must not be logged whole.
 */
export class ModelFault extends AppError {
  /** The same call may work later. */
  readonly retryable: boolean
  /** How long the provider asked us to wait; null when it did not say. */
  readonly retryAfterMs: number | null

  constructor(code: ErrorCode, options: { retryable?: boolean, retryAfterMs?: number | null, details?: Record<string, string | number>, cause?: unknown } = {}) {
    super(code, options)
    this.name = 'ModelFault'
    this.retryable = options.retryable ?? false
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

/** What is known of a failure, whichever shape it came in. */
interface Told { status: number | undefined, kind: string, message: string, headers: Record<string, string> | undefined }

const contextFull = /context.{0,12}(length|window|size)|maximum context|too many (input )?tokens|prompt is too long|input is too long/i
const outOfMoney = /insufficient_quota|billing|exceeded your current quota/i
const overloaded = /rate.?limit|overloaded|too many requests|capacity/i
const inputKinds = [['pictures', /image|vision/i], ['sound', /audio/i], ['films', /video/i], ['documents', /\bfile|pdf|document/i]] as const
const notTaken = /not support|unsupported|does not accept|invalid.{0,20}(type|modality)|no endpoints found/i
const networkTroubles = /fetch failed|terminated|socket|ECONN|ENOTFOUND|EAI_AGAIN|EPIPE|UND_ERR|network|other side closed|cannot connect/i

/** A reason that may be shown: short, on one line, without anything that looks like a key. */
const shownReason = (message: string) =>
  (message.replace(/\b(sk-|Bearer\s+)[\w*.-]{6,}/gi, '[key]').replace(/\s+/g, ' ').trim().slice(0, 300)) || 'it gave no reason.'

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined

const word = (value: unknown) => typeof value === 'string' || typeof value === 'number' ? String(value) : ''

function told(error: unknown): Told {
  if (APICallError.isInstance(error)) {
    const inner = field(error.data, 'error')
    return { status: error.statusCode, kind: `${word(field(inner, 'code'))} ${word(field(inner, 'type'))}`, message: error.message, headers: error.responseHeaders }
  }
  const inner = field(error, 'error') ?? error
  const status = field(error, 'statusCode') ?? field(inner, 'status') ?? field(inner, 'code')
  return {
    status: typeof status === 'number' && status >= 400 && status < 600 ? status : undefined,
    kind: `${word(field(inner, 'code'))} ${word(field(inner, 'type'))}`,
    message: typeof inner === 'string' ? inner : word(field(inner, 'message')),
    headers: undefined,
  }
}

/** Whether the connection itself broke, looking through the causes. */
function isNetworkTrouble(error: unknown, depth = 0): boolean {
  if (depth > 4 || !(error instanceof Error)) return false
  return networkTroubles.test(`${error.name} ${error.message} ${word(field(error, 'code'))}`) || isNetworkTrouble(error.cause, depth + 1)
}

function faultOfRefusal({ kind, message }: Told, model: string, cause: unknown): ModelFault {
  if (contextFull.test(`${kind} ${message}`)) return new ModelFault('model_context_full', { details: { model }, cause })
  const refused = notTaken.test(message) ? inputKinds.find(([, pattern]) => pattern.test(message)) : undefined
  if (refused) return new ModelFault('model_input_refused', { details: { model, kind: refused[0] }, cause })
  return new ModelFault('model_refused', { details: { reason: shownReason(message) }, cause })
}

/** Statuses that may be gone at the next try. RFC 9110 §15.5 and §15.6; 529 is what some providers answer when overloaded. */
const passing: Record<number, ErrorCode> = {
  408: 'model_timed_out', 504: 'model_timed_out', 429: 'model_busy', 503: 'model_busy', 529: 'model_busy', 409: 'model_failed', 425: 'model_failed',
}

function faultOfStatus(status: number, what: Told, model: string, cause: unknown): ModelFault {
  const words = `${what.kind} ${what.message}`
  if (status === 401 || status === 403) return new ModelFault('model_key_refused', { cause })
  if (status === 402 || outOfMoney.test(words)) return new ModelFault('model_refused', { details: { reason: shownReason(what.message) }, cause })
  const code = passing[status] ?? (status >= 500 ? 'model_failed' : undefined)
  if (code) return new ModelFault(code, { retryable: true, retryAfterMs: retryAfterOf(what.headers), cause })
  if (status === 404 && /model/i.test(words)) return new ModelFault('model_not_found', { details: { model }, cause })
  return faultOfRefusal(what, model, cause)
}

/** An error that a provider sent inside its stream, or one without a status: its own words tell what it is. */
function faultOfWords(what: Told, model: string, cause: unknown): ModelFault {
  const words = `${what.kind} ${what.message}`
  if (outOfMoney.test(what.kind)) return new ModelFault('model_refused', { details: { reason: shownReason(what.message) }, cause })
  if (overloaded.test(words)) return new ModelFault('model_busy', { retryable: true, cause })
  if (contextFull.test(words) || /invalid_request|content_policy|content_filter/i.test(what.kind)) return faultOfRefusal(what, model, cause)
  return new ModelFault('model_failed', { retryable: true, cause })
}

/**
 * The fault for anything a provider threw or sent as an error.
 * @param begun whether the answer's stream was open: a connection lost then is a cut-off, not an unreachable server
 */
export function toModelFault(error: unknown, model: string, begun: boolean): ModelFault {
  if (error instanceof ModelFault) return error
  if (error instanceof AppError) return new ModelFault(error.code, { cause: error })
  if (UnsupportedFunctionalityError.isInstance(error)) return new ModelFault('model_input_refused', { details: { model, kind: shownReason(error.functionality) }, cause: error })
  const what = told(error)
  if (what.status !== undefined && what.status >= 400) return faultOfStatus(what.status, what, model, error)
  if (InvalidResponseDataError.isInstance(error) && /without a finish reason/.test(error.message)) return cutOff(error)
  if (isNetworkTrouble(error)) return begun ? cutOff(error) : new ModelFault('model_unreachable', { retryable: true, cause: error })
  return faultOfWords(what, model, error)
}

/** The stream ended before the model said that it was done. */
export const cutOff = (cause?: unknown): ModelFault => new ModelFault('reply_cut_off', { retryable: true, cause })

