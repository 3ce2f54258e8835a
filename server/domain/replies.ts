/**
 * A reply's life: the only code that moves it between its states. A job is a nudge; the row decides. Every change
 * runs in one transaction that locks the conversation first, and enqueues whatever it made possible.
 */
import type { Tx } from '../../db/database.ts'
import { lockConversationOf, takeSeq, type ConversationPatch, type ConversationRow } from '../../db/queries/conversations.ts'
import * as media from '../../db/queries/media.ts'
import { deltasFrom, dropDeltas, dropOldDeltas } from '../../db/queries/deltas.ts'
import {
  changeMessage, changeWriting, countWriting, findMessage, isHeldBack, line, noteServed, openReplies, takeModelTurn, takeReply,
  type MessagePatch, type MessageRow,
} from '../../db/queries/messages.ts'
import { together } from '../../db/together.ts'
import { assemble, closeParts, textOf } from '../../shared/chunks.ts'
import type { Attempt, Part } from '../../shared/conversation.ts'
import type { Problem } from '../../shared/errors.ts'
import { joined } from '../../shared/follow.ts'
import type { Usage } from '../../shared/models.ts'
import { metrics } from '../metrics.ts'
import type { Services } from '../services.ts'
import { spendTokens } from './allowance.ts'
import { AppError } from './errors.ts'
import { removeObjects } from './remove-objects.ts'

/** Tries of one reply, however they end. Then a person decides. */
export const maxAttempts = 3

/** What a writer holds: the right to write this reply until someone takes a higher epoch. */
export type Writing = Pick<MessageRow, 'id' | 'conversationId' | 'epoch'>

/** Replies of one model that may be written at once, over all workers; null for no limit. */
const limitOf = (services: Services): number | null => services.config.env.MODEL_CONCURRENCY || null

/** Makes sure a job will look at this reply. */
export const nudgeReply = (services: Services, tx: Tx, id: string, runAt?: Date): Promise<void> =>
  services.queue.enqueue(tx, 'write-reply', { messageId: id }, { key: `reply:${id}`, ...(runAt ? { runAt } : {}) })

/** Nudges what may go now in this conversation: its oldest open reply, if that waits. */
export async function admitReplies(services: Services, tx: Tx, { conversationId }: { conversationId: string }): Promise<void> {
  const [first] = await openReplies(tx, conversationId)
  if (first?.status === 'waiting') await nudgeReply(services, tx, first.id)
}

/** Nudges the replies that a model's free places belong to. */
async function admitModel(services: Services, tx: Tx, model: string | null): Promise<void> {
  const limit = limitOf(services)
  if (!limit || !model) return
  const free = limit - await countWriting(tx, model)
  for (const { id } of (await line(tx, model)).slice(0, Math.max(0, free))) await nudgeReply(services, tx, id)
}

/** Tells everyone, after the commit, that the conversation changed. */
export async function announce(services: Services, conversation: Pick<ConversationRow, 'id' | 'userId' | 'seq'>, model?: string | null): Promise<void> {
  await Promise.all([
    services.bus.publish({ type: 'changed', conversationId: conversation.id, userId: conversation.userId, seq: conversation.seq }),
    model ? services.bus.publish({ type: 'queue', model }) : null,
  ])
}

type Change<T> = (tx: Tx, found: { row: MessageRow, locked: ConversationRow }, take: (patch?: ConversationPatch) => Promise<number>) => Promise<T | null>

/** Runs `work` on a message with its conversation locked; announces when it changed something. Null when it did not, or the message is gone. */
async function change<T>(services: Services, id: string, work: Change<T>, model?: (result: T) => string | null): Promise<T | null> {
  const changed = await services.database.db.transaction(async (tx) => {
    const [locked, row] = await together(lockConversationOf(tx, id), findMessage(tx, id))
    if (!locked || !row) return null
    let conversation: ConversationRow | undefined
    const take = async (patch: ConversationPatch = {}) => {
      conversation = await takeSeq(tx, locked.id, patch)
      if (!conversation) throw new AppError('conversation_not_found')
      return conversation.seq
    }
    const result = await work(tx, { row, locked }, take)
    return { result, conversation }
  })
  if (changed?.conversation) await announce(services, changed.conversation, changed.result === null ? null : model?.(changed.result))
  return changed?.result ?? null
}

/** Whether this is a reply to be tried again, and its moment has come. */
const isDue = ({ status, nextTryAt }: MessageRow): boolean => status === 'retrying' && (nextTryAt?.getTime() ?? 0) <= Date.now()

/** Whether the reply may be written now. It is not, quietly, while something before it must end first. */
async function mayGo(services: Services, tx: Tx, row: MessageRow): Promise<boolean> {
  if (row.status === 'retrying' && !isDue(row)) return false
  if (await isHeldBack(tx, row.id)) return false
  const limit = limitOf(services)
  return limit && row.model ? hasPlace(services, tx, row, row.model, limit) : true
}

/** Whether one of a limited model's places is free, and this reply's. */
async function hasPlace(services: Services, tx: Tx, row: MessageRow, model: string, limit: number): Promise<boolean> {
  await takeModelTurn(tx, model)
  const free = limit - await countWriting(tx, model)
  if (free <= 0) return false
  // A reply that is tried again has had its turn; among the waiting ones the fairest go first.
  if (row.status === 'retrying') return true
  const first = (await line(tx, model)).slice(0, free)
  const mine = first.find(waiting => waiting.id === row.id)
  if (mine) {
    await noteServed(tx, model, mine.userId)
    return true
  }
  for (const { id } of first) await nudgeReply(services, tx, id)
  return false
}

/** Files that an earlier take of the reply made, but for those that another message carries by now. */
async function dropOldMedia(services: Services, tx: Tx, replyId: string): Promise<void> {
  for (const row of await media.listMediaOfMessages(tx, [replyId])) {
    if ((await media.listMediaByPath(tx, row.filePath)).length > 1) continue
    await media.insertTombstones(tx, [row.id])
    await media.deleteMediaRows(tx, [row.id])
    await removeObjects(services.queue, tx, [media.prefixOf(row.filePath)])
  }
}

/** Takes the reply for this process: `writing`, with the next epoch and attempt. Null when it isn't to be written now; whatever stands in the way nudges it later. */
export function claimReply(services: Services, messageId: string): Promise<MessageRow | null> {
  return change(services, messageId, async (tx, { row, locked }, take) => {
    if (row.status !== 'waiting' && row.status !== 'retrying') return null
    if (row.stopRequestedAt) {
      await closeUnwritten(services, tx, row, take, 'stopped', null)
      return null
    }
    if (!await mayGo(services, tx, row)) {
      // Its next try is due and finds no place: it stands in line again, where whatever frees one finds it.
      if (isDue(row)) await changeMessage(tx, row.id, { status: 'waiting', nextTryAt: null, seq: await take() })
      return null
    }
    const [, taken] = await together(
      take(),
      takeReply(tx, row.id, { writerId: services.workerId, startedAt: new Date(), nextTryAt: null, error: null, seq: locked.seq + 1 }),
    )
    if (!taken) return null
    if (taken.epoch > 1) {
      await dropOldDeltas(tx, row.id, taken.epoch)
      await dropOldMedia(services, tx, row.id)
    }
    return taken
  }, row => row.model)
}

/** How a take of a reply ended, for the record of attempts. */
function recordAttempt(row: MessageRow, outcome: Attempt['outcome'], error: Problem | null, told: Pick<Attempt, 'usage' | 'mediaGiven' | 'ended'> = { usage: null }): Attempt[] {
  const endedAt = Date.now()
  return [...row.attempts, { attempt: row.attempt, model: row.model ?? '', startedAt: row.startedAt?.getTime() ?? endedAt, endedAt, outcome, error, ...told }]
}

export interface Outcome {
  status: 'done' | 'stopped' | 'failed'
  parts: readonly Part[]
  usage: Usage | null
  error: Problem | null
  mediaGiven?: Attempt['mediaGiven']
  ended?: Attempt['ended']
}

/** What a closed reply's row says, beside its new `seq`. One that was only waiting, for its first try or the next, adds no try. */
function closed(row: MessageRow, outcome: Outcome): MessagePatch {
  const parts = closeParts(outcome.parts)
  const { usage, mediaGiven, ended } = outcome
  return {
    status: outcome.status, parts, content: textOf(parts), usage, error: outcome.error, finishedAt: new Date(),
    writerId: null, nextTryAt: null,
    attempts: row.status !== 'writing' ? row.attempts : recordAttempt(row, outcome.status, outcome.error, { usage, ...(mediaGiven?.length ? { mediaGiven } : {}), ...(ended ? { ended } : {}) }),
  }
}

async function afterClose(services: Services, tx: Tx, row: MessageRow, outcome: Outcome['status']): Promise<void> {
  metrics.finishedReplies.inc({ outcome })
  await together(dropDeltas(tx, row.id), admitReplies(services, tx, row))
  await admitModel(services, tx, row.model)
}

/** Ends a reply that this process writes. False when it is no longer this epoch's to end. */
export async function closeReply(services: Services, writing: Writing, outcome: Outcome): Promise<boolean> {
  const done = await change(services, writing.id, async (tx, { row, locked }, take) => {
    if (row.status !== 'writing' || row.epoch !== writing.epoch) return null
    const [, changed] = await together(
      take({ updatedAt: new Date() }),
      changeWriting(tx, writing, { ...closed(row, outcome), seq: locked.seq + 1 }),
    )
    if (!changed) return null
    await spendTokens(services, tx, { conversationId: row.conversationId, usage: outcome.usage, text: changed.content })
    await afterClose(services, tx, changed, outcome.status)
    if (outcome.status !== 'failed' && locked.titledBy === 'nobody') await services.queue.enqueue(tx, 'name-conversation', { conversationId: row.conversationId }, { key: `name:${row.conversationId}` })
    return changed
  }, row => row.model)
  return done !== null
}

/** Text that was stored of a reply whose writer is gone or paused. */
const storedParts = async (tx: Tx, row: MessageRow): Promise<Part[]> =>
  assemble(joined(1, await deltasFrom(tx, row.id, row.epoch, 1)).flatMap(delta => delta.chunks)).parts

/** Ends a reply that nobody writes, with what was stored of it. */
export async function closeUnwritten(services: Services, tx: Tx, row: MessageRow, take: () => Promise<number>, status: 'stopped' | 'failed', error: Problem | null): Promise<void> {
  const parts = await storedParts(tx, row)
  await changeMessage(tx, row.id, { ...closed(row, { status, parts, usage: null, error }), seq: await take() })
  await afterClose(services, tx, row, status)
}

/** Has the reply tried again after `delayMs`, by `model`. False when it is no longer this epoch's, or a tool with effects has run in it. */
export async function retryLater(services: Services, writing: Writing, fault: { error: Problem, delayMs: number, model: string | null }): Promise<boolean> {
  const done = await change(services, writing.id, async (tx, { row }, take) => {
    if (row.status !== 'writing' || row.epoch !== writing.epoch || row.hadEffects) return null
    const nextTryAt = new Date(Date.now() + fault.delayMs)
    const attempts = recordAttempt(row, 'retrying', fault.error)
    const changed = await changeWriting(tx, writing, { status: 'retrying', writerId: null, nextTryAt, error: fault.error, attempts, model: fault.model ?? row.model, seq: await take() })
    if (!changed) return null
    metrics.retries.inc({ code: fault.error.code })
    await nudgeReply(services, tx, row.id, nextTryAt)
    await admitModel(services, tx, row.model)
    return changed
  }, row => row.model)
  return done !== null
}

/** Gives the reply back unfinished, as a shutdown does: it costs no attempt. */
export async function handBack(services: Services, writing: Writing): Promise<void> {
  await change(services, writing.id, async (tx, { row }, take) => {
    if (row.status !== 'writing' || row.epoch !== writing.epoch) return null
    await changeWriting(tx, writing, { status: 'waiting', writerId: null, attempt: row.attempt - 1, seq: await take() })
    await nudgeReply(services, tx, row.id)
    return row
  }, row => row.model)
}

/** A tool with effects is about to run: from now on the reply is never run again by itself. Throws when the reply was lost. */
export async function markEffects(services: Services, writing: Writing): Promise<void> {
  const marked = await services.database.db.transaction(tx => changeWriting(tx, writing, { hadEffects: true }))
  if (!marked) throw new AppError('reply_not_open')
}

/** What becomes of a reply whose writer died. */
export async function recoverReply(services: Services, lost: Writing): Promise<void> {
  await change(services, lost.id, async (tx, { row }, take) => {
    if (row.status !== 'writing' || row.epoch !== lost.epoch) return null
    if (row.stopRequestedAt) await closeUnwritten(services, tx, row, take, 'stopped', null)
    else if (row.hadEffects) await closeUnwritten(services, tx, row, take, 'failed', new AppError('tool_interrupted').toProblem())
    else if (row.attempt >= maxAttempts) await closeUnwritten(services, tx, row, take, 'failed', new AppError('reply_interrupted').toProblem())
    else {
      const attempts = recordAttempt(row, 'interrupted', null)
      await changeWriting(tx, row, { status: 'waiting', writerId: null, attempts, seq: await take() })
      await nudgeReply(services, tx, row.id)
    }
    services.log.warn({ messageId: row.id, conversationId: row.conversationId, epoch: row.epoch, attempt: row.attempt }, 'the writer of a reply died')
    return row
  }, row => row.model)
}
