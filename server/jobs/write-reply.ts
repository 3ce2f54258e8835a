/** Arrows 5 to 9 of one message: take the reply, load the conversation, call the model, stream and save what it says. */
import { AppError } from '../domain/errors.ts'
import { historyFor, picturesFor } from '../domain/history.ts'
import { storeModelMedia } from '../domain/media.ts'
import type { Ended } from '../domain/delta-store.ts'
import type { ReplyStream, ReplyWriter } from '../domain/reply-writer.ts'
import { claimReply, closeReply, handBack, markEffects, maxAttempts, retryLater, type Outcome } from '../domain/replies.ts'
import type { MessageRow } from '../../db/queries/messages.ts'
import { findConversation } from '../../db/queries/conversations.ts'
import type { Problem } from '../../shared/errors.ts'
import { ModelFault } from '../models/fault.ts'
import type { ReplyResult } from '../models/reply-run.ts'
import { drawReply } from '../models/draw-reply.ts'
import { streamReply } from '../models/stream-reply.ts'
import { openTools } from '../tools/open.ts'
import type { JobContext } from '../queue/queue.ts'
import type { JobPayload } from '../queue/job-types.ts'
import type { Services } from '../services.ts'
import { withPatience, withStorePatience } from '../domain/patience.ts'

/** Waits between tries when the provider gives no hint: 2 s, 8 s. */
const retryDelayMs = (attempt: number): number => 2000 * 4 ** (attempt - 1)
/** A provider's hint is honoured up to this; more is treated as a failure a person should hear of. */
const longestHintMs = 10 * 60_000
/** How long a store that is away is waited for with a file a model made: making it again costs more, and a person can stop it. */
const storePatienceMs = 2 * 60_000
/** A reply that was taken this often, and handed back in between, needs more time than it ever gets here: each further call of the model would be paid for nothing. */
const mostTakes = 8

export async function writeReply(services: Services, writer: ReplyWriter, { messageId }: JobPayload<'write-reply'>, { signal }: JobContext): Promise<void> {
  const row = await claimReply(services, messageId)
  if (!row) return
  const stream = writer.open(row)
  let result: Outcome | Error
  try {
    const told = await run(services, row, stream, AbortSignal.any([signal, stream.signal]))
    result = { status: 'done', parts: stream.parts, error: null, ...told }
  }
  catch (error) {
    result = error instanceof Error ? error : new Error(String(error))
  }
  await stream.end()
  // Whoever holds the reply must end it: while the database is away, this waits for it.
  try {
    const became = await withPatience(services.log, () => settle(services, row, stream, result, signal))
    services.log.info({ messageId, conversationId: row.conversationId, epoch: row.epoch, attempt: row.attempt, became }, 'reply left')
  }
  finally { stream.close() }
}

async function run(services: Services, row: MessageRow, stream: ReplyStream, signal: AbortSignal): Promise<ReplyResult> {
  const { db } = services.database
  if (!row.model || !row.parentId) throw new AppError('conversation_not_found')
  const [conversation, history, model] = await Promise.all([findConversation(db, row.conversationId), historyFor(services, row.parentId), services.models.open(row.model)])
  if (!conversation) throw new AppError('conversation_not_found')
  const saveMedia = (file: { bytes: Uint8Array, mime: string, name: string }) => withStorePatience(services.log, { signal, forMs: storePatienceMs }, () =>
    storeModelMedia(services, { userId: conversation.userId, messageId: row.id, ...file }))
  const beforeEffects = () => markEffects(services, row)
  if ('image' in model) return drawReply({ model, history, signal, emit: stream.emit, saveMedia, beforeEffects })
  return streamReply({
    model,
    instructions: conversation.instructions,
    history,
    tools: await openTools(services, model.info, () => picturesFor(services, row.id)),
    signal,
    emit: stream.emit,
    saveMedia,
    beforeEffects,
  })
}

/** What a take of a reply came to. */
type Became = Outcome['status'] | 'retrying' | 'handed-back' | 'lost' | 'deleted'

/** Moves the reply to where its end belongs. */
// eslint-disable-next-line complexity -- one line per way a reply can end, in the order in which they win
async function settle(services: Services, row: MessageRow, stream: ReplyStream, result: Outcome | Error, job: AbortSignal): Promise<Became> {
  const close = async (outcome: Outcome): Promise<Became> => await closeReply(services, row, outcome) ? outcome.status : 'lost'
  if (!(result instanceof Error)) return close(result)
  const unfinished = { parts: stream.parts, usage: null }
  const ended = stream.signal.aborted ? stream.signal.reason as Ended : null
  if (ended && ended.why !== 'stopped') return ended.why
  if (ended) return close({ status: 'stopped', ...unfinished, error: null })
  if (job.aborted && !isDeadline(job)) {
    if (row.epoch >= mostTakes) return close({ status: 'failed', ...unfinished, error: new AppError('reply_too_long').toProblem() })
    await handBack(services, row)
    return 'handed-back'
  }
  const fault = faultOf(result, job)
  if (!(result instanceof ModelFault) && !(result instanceof AppError) && !job.aborted)
    services.log.error({ err: result, messageId: row.id }, 'writing a reply failed by a fault of ours')
  if (fault.retryable && row.attempt < maxAttempts && fault.delayMs <= longestHintMs) {
    const model = await fallbackFor(services, row)
    const delayMs = fault.delayMs || retryDelayMs(row.attempt)
    if (await retryLater(services, row, { error: fault.error, delayMs, model })) return 'retrying'
  }
  return close({ status: 'failed', ...unfinished, error: fault.error })
}

const isDeadline = (signal: AbortSignal): boolean => signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError'

interface Fault { error: Problem, retryable: boolean, delayMs: number }

function faultOf(error: Error, job: AbortSignal): Fault {
  if (job.aborted) return { error: new AppError('model_timed_out').toProblem(), retryable: false, delayMs: 0 }
  if (error instanceof ModelFault) return { error: { code: error.code, message: error.message }, retryable: error.retryable, delayMs: error.retryAfterMs ?? 0 }
  // A store that is away for a moment is worth another try; any other refusal stays one.
  if (error instanceof AppError) return { error: error.toProblem(), retryable: error.code === 'store_unreachable', delayMs: 0 }
  return { error: new AppError('internal').toProblem(), retryable: true, delayMs: 0 }
}

/** The model for the last attempt, where the operator configured one beside the reply's own. */
async function fallbackFor(services: Services, row: MessageRow): Promise<string | null> {
  if (!row.model || row.attempt + 1 !== maxAttempts) return null
  const model = await services.models.open(row.model).catch(() => null)
  return model?.fallback ?? null
}
