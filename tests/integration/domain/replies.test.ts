import { expect, test, vi } from 'vitest'
import { deltasFrom, storeDeltas } from '../../../db/queries/deltas.ts'
import { findMessage } from '../../../db/queries/messages.ts'
import { newId } from '../../../shared/ids.ts'
import { runCommand } from '../../../server/domain/commands.ts'
import { openConversation } from '../../../server/domain/conversations.ts'
import { claimReply, closeReply, handBack, markEffects, recoverReply, retryLater } from '../../../server/domain/replies.ts'
import { openReplyWriter } from '../../../server/domain/reply-writer.ts'
import { metrics } from '../../../server/metrics.ts'
import type { Services } from '../../../server/services.ts'
import { dialects } from '../../support/database.ts'
import { makeUser, sending } from '../../support/domain.ts'
import { withServices } from '../../support/services.ts'
import { until } from '../../support/until.ts'

const done = { status: 'done', parts: [{ type: 'text', text: 'Hello yourself' }], usage: null, error: null } as const
const error = { code: 'model_busy', message: 'Busy.' } as const

/** Stored deltas from `n` on, one for each token. */
const piece = (messageId: string, epoch: number, n: number, tokens: string[]) =>
  ({ messageId, epoch, n, upto: n + tokens.length - 1, chunks: tokens.map(delta => [{ type: 'text-delta' as const, id: 'a', delta }]) })

/** Asserts that there is such a row. */
async function take(services: Services, id: string) {
  const row = await claimReply(services, id)
  if (!row) throw new Error('The reply could not be claimed')
  return row
}

async function statusOf({ database }: Services, id: string) {
  const row = await findMessage(database.db, id)
  return row && { status: row.status, attempt: row.attempt, epoch: row.epoch, error: row.error?.code ?? null }
}

for (const dialect of dialects) {
  test(`${dialect}: of many that claim a reply at once, one gets it`, () => withServices(dialect, async ({ services }) => {
    const command = sending()
    await runCommand(services, await makeUser(services), command)
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimReply(services, command.replyId)))
    expect(claims.filter(Boolean)).toHaveLength(1)
  }))

  test(`${dialect}: the next reply of a conversation waits for the one before it, and is nudged by its end`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const first = sending()
    const second = sending({ conversationId: first.conversationId })
    await runCommand(services, user, first)
    await runCommand(services, user, second)
    const writing = await take(services, first.replyId)
    expect(await claimReply(services, second.replyId)).toBeNull()
    expect(await closeReply(services, writing, done)).toBe(true)
    expect(await take(services, second.replyId)).toMatchObject({ status: 'writing' })
  }))

  test(`${dialect}: a conversation that has a title isn’t named by its reply`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const jobsOf = async (title?: string) => {
      const { ready } = await services.queue.status()
      const command = sending()
      await runCommand(services, user, command)
      if (title) await runCommand(services, user, { type: 'conversation.change', id: newId(), conversationId: command.conversationId, title })
      await closeReply(services, await take(services, command.replyId), done)
      return (await services.queue.status()).ready - ready
    }
    // Nobody takes them here: the reply's own, and the one that gives a name.
    expect([await jobsOf(), await jobsOf('Hello')]).toEqual([2, 1])
  }))

  test(`${dialect}: a writer of a lower epoch can write nothing any more`, () => withServices(dialect, async ({ services }) => {
    const command = sending()
    await runCommand(services, await makeUser(services), command)
    const zombie = await take(services, command.replyId)
    await recoverReply(services, zombie)
    const writing = await take(services, command.replyId)
    expect(writing.epoch).toBe(zombie.epoch + 1)
    const batch = (epoch: number, text: string) => [{ messageId: command.replyId, epoch, n: 1, upto: 1, chunks: [[{ type: 'text-delta' as const, id: 'a', delta: text }]] }]
    expect(await storeDeltas(services.database.db, batch(zombie.epoch, 'old'))).toEqual(new Set())
    expect(await storeDeltas(services.database.db, batch(writing.epoch, 'new'))).toEqual(new Set([command.replyId]))
    expect(await closeReply(services, zombie, done)).toBe(false)
    expect(await retryLater(services, zombie, { error, delayMs: 0, model: null })).toBe(false)
    await handBack(services, zombie)
    await expect(markEffects(services, zombie)).rejects.toMatchObject({ code: 'reply_not_open' })
    expect(await statusOf(services, command.replyId)).toMatchObject({ status: 'writing', epoch: writing.epoch })
    expect(await deltasFrom(services.database.db, command.replyId, writing.epoch, 1)).toHaveLength(1)
  }))

  test(`${dialect}: a hand-back costs no attempt; the third death ends the reply with what was stored of it`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const command = sending()
    await runCommand(services, user, command)
    await handBack(services, await take(services, command.replyId))
    expect(await statusOf(services, command.replyId)).toMatchObject({ status: 'waiting', attempt: 0, epoch: 1 })
    for (const attempt of [1, 2, 3]) {
      const writing = await take(services, command.replyId)
      expect(writing.attempt).toBe(attempt)
      await storeDeltas(services.database.db, [{ messageId: command.replyId, epoch: writing.epoch, n: 1, upto: 1, chunks: [[{ type: 'text-delta', id: 'a', delta: `try ${attempt}` }]] }])
      await recoverReply(services, writing)
    }
    expect(await statusOf(services, command.replyId)).toEqual({ status: 'failed', attempt: 3, epoch: 4, error: 'reply_interrupted' })
    const { messages } = await openConversation(services, user, command.conversationId)
    expect(messages[1]).toMatchObject({ content: 'try 3', attempts: [{ outcome: 'interrupted' }, { outcome: 'interrupted' }, { outcome: 'failed' }] })
    await runCommand(services, user, { type: 'reply.retry', id: newId(), conversationId: command.conversationId, messageId: command.replyId })
    expect(await take(services, command.replyId)).toMatchObject({ attempt: 1, epoch: 5 })
  }))

  test(`${dialect}: a store whose answer was lost is done again, with what came since`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const command = sending()
    await runCommand(services, user, command)
    const { epoch } = await take(services, command.replyId)
    for (const tokens of [['one '], ['one ', 'two ']])
      expect(await storeDeltas(services.database.db, [piece(command.replyId, epoch, 1, tokens)])).toEqual(new Set([command.replyId]))
    const { messages } = await openConversation(services, user, command.conversationId)
    expect(messages[1]).toMatchObject({ content: 'one two ', cursor: { epoch, n: 2 } })
  }))

  test(`${dialect}: of a reply’s deltas nothing is shown without what comes before it`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const command = sending()
    await runCommand(services, user, command)
    const writing = await take(services, command.replyId)
    for (const [n, token] of [[1, 'one '], [3, 'three ']] as const) await storeDeltas(services.database.db, [piece(command.replyId, writing.epoch, n, [token])])
    const { messages } = await openConversation(services, user, command.conversationId)
    expect(messages[1]).toMatchObject({ content: 'one ', cursor: { epoch: writing.epoch, n: 1 } })
  }))

  test(`${dialect}: what a writer has ended it stores no more`, () => withServices(dialect, async ({ services }) => {
    const command = sending()
    await runCommand(services, await makeUser(services), command)
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const writer = openReplyWriter(services)
    try {
      const [ended, going] = [writer.open(await take(services, command.replyId)), writer.open({ id: newId(), conversationId: newId(), epoch: 1 })]
      ended.emit({ type: 'text-delta', id: 'a', delta: 'The end.' })
      await ended.end()
      vi.advanceTimersByTime(1000)
      // The other one is nobody's: the store that it was in has told so.
      await until(() => going.signal.aborted)
      expect(await deltasFrom(services.database.db, command.replyId, 1, 1)).toEqual([])
    }
    finally {
      vi.useRealTimers()
      await writer.close()
    }
  }))

  test(`${dialect}: what shows nothing by itself goes out with what does, from which the time to the first token is taken`, () => withServices(dialect, async ({ services }) => {
    const writer = openReplyWriter(services)
    const told: string[][] = []
    const stop = services.bus.subscribe(news => news.type === 'deltas' && told.push(...news.deltas.map(({ chunks }) => chunks.map(chunk => chunk.type))))
    const counted = async () => (await metrics.firstToken.get()).values.find(({ metricName }) => metricName === 'parley_first_token_seconds_count')?.value ?? 0
    const before = await counted()
    const stream = writer.open({ id: newId(), conversationId: newId(), epoch: 1 })
    stream.emit({ type: 'start-step' })
    stream.emit({ type: 'text-start', id: 'a' })
    expect(await counted()).toBe(before)
    stream.emit({ type: 'text-delta', id: 'a', delta: 'Hello' })
    await until(() => told.length > 0)
    stream.emit({ type: 'text-end', id: 'a' })
    stream.emit({ type: 'finish-step' })
    await stream.end()
    await writer.close()
    stop()
    expect(told).toEqual([['start-step', 'text-start', 'text-delta']])
    expect(stream.parts).toMatchObject([{ type: 'step-start' }, { type: 'text', text: 'Hello', state: 'done' }])
    expect(await counted()).toBe(before + 1)
  }))

  test(`${dialect}: after a tool with effects nothing is run again by itself`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const command = sending()
    await runCommand(services, user, command)
    const writing = await take(services, command.replyId)
    await markEffects(services, writing)
    expect(await retryLater(services, writing, { error, delayMs: 0, model: null })).toBe(false)
    await recoverReply(services, writing)
    expect(await statusOf(services, command.replyId)).toMatchObject({ status: 'failed', error: 'tool_interrupted' })
  }))

  test(`${dialect}: a reply to be retried waits for its moment, by the model that was named`, () => withServices(dialect, async ({ services }) => {
    const command = sending()
    await runCommand(services, await makeUser(services), command)
    await retryLater(services, await take(services, command.replyId), { error, delayMs: 60_000, model: 'demo:other' })
    expect(await statusOf(services, command.replyId)).toMatchObject({ status: 'retrying', error: 'model_busy' })
    expect(await claimReply(services, command.replyId)).toBeNull()
    await services.database.db.update(services.database.tables.message).set({ nextTryAt: new Date() })
    expect(await take(services, command.replyId)).toMatchObject({ attempt: 2, model: 'demo:other', error: null })
  }))

  test(`${dialect}: stopping ends a waiting reply at once, and one whose writer died with what it wrote`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const [waiting, dying] = [sending(), sending()]
    await runCommand(services, user, waiting)
    await runCommand(services, user, dying)
    const writing = await take(services, dying.replyId)
    const stop = { type: 'reply.stop', conversationId: waiting.conversationId, messageId: waiting.replyId } as const
    await runCommand(services, user, { ...stop, id: newId() })
    await runCommand(services, user, { ...stop, id: newId() })
    expect(await statusOf(services, waiting.replyId)).toMatchObject({ status: 'stopped' })
    await runCommand(services, user, { ...stop, id: newId(), conversationId: dying.conversationId, messageId: dying.replyId })
    await recoverReply(services, writing)
    expect(await statusOf(services, dying.replyId)).toMatchObject({ status: 'stopped' })
  }))

  test(`${dialect}: with one place, someone with many waiting replies starves nobody`, () => withServices(dialect, async ({ services }) => {
    const [busy, rare] = [await makeUser(services), await makeUser(services)]
    const many = Array.from({ length: 5 }, () => sending())
    for (const command of many) await runCommand(services, busy, command)
    const one = sending()
    await runCommand(services, rare, one)
    const first = await take(services, many[0]?.replyId ?? '')
    for (const command of [...many.slice(1), one]) expect(await claimReply(services, command.replyId)).toBeNull()
    const { messages } = await openConversation(services, rare, one.conversationId)
    expect(messages[1]?.position).toBe(1)
    await closeReply(services, first, done)
    expect(await claimReply(services, many[1]?.replyId ?? '')).toBeNull()
    await closeReply(services, await take(services, one.replyId), done)
    expect(await claimReply(services, many[1]?.replyId ?? '')).toMatchObject({ status: 'writing' })
  }, { MODEL_CONCURRENCY: '1' }))

  test(`${dialect}: a reply that waits for a file, or for the one before it, keeps no place from others`, () => withServices(dialect, async ({ services }) => {
    const [reader, writer, other] = [await makeUser(services), await makeUser(services), await makeUser(services)]
    const { db, tables } = services.database
    const withFile = sending()
    await runCommand(services, reader, withFile)
    await db.insert(tables.media).values({ id: newId(), userId: reader.id, messageId: withFile.messageId, type: 'video', filePath: 'a/b/c', name: 'long.mp4', mime: 'video/mp4', bytes: 1, storedBytes: 1, status: 'processing' })
    const first = sending()
    const second = sending({ conversationId: first.conversationId })
    await runCommand(services, writer, first)
    await runCommand(services, writer, second)
    const writing = await take(services, first.replyId)
    const one = sending()
    await runCommand(services, other, one)
    // Two places: the writer has one, and the only reply that can use the other gets it.
    const { messages } = await openConversation(services, other, one.conversationId)
    expect(messages[1]?.position).toBe(1)
    expect(await claimReply(services, withFile.replyId)).toBeNull()
    expect(await claimReply(services, second.replyId)).toBeNull()
    await closeReply(services, await take(services, one.replyId), done)
    await db.update(tables.media).set({ status: 'ready' })
    await closeReply(services, writing, done)
    await take(services, withFile.replyId)
    await take(services, second.replyId)
  }, { MODEL_CONCURRENCY: '2' }))

  test(`${dialect}: a reply whose next try is due and finds no place stands in line, and gets the next one`, () => withServices(dialect, async ({ services }) => {
    const [one, two] = [await makeUser(services), await makeUser(services)]
    const [tried, busy] = [sending(), sending()]
    await runCommand(services, one, tried)
    await retryLater(services, await take(services, tried.replyId), { error, delayMs: 60_000, model: null })
    await runCommand(services, two, busy)
    const writing = await take(services, busy.replyId)
    expect(await claimReply(services, tried.replyId)).toBeNull()
    expect(await statusOf(services, tried.replyId)).toMatchObject({ status: 'retrying' })
    await services.database.db.update(services.database.tables.message).set({ nextTryAt: new Date() })
    expect(await claimReply(services, tried.replyId)).toBeNull()
    const { messages } = await openConversation(services, one, tried.conversationId)
    expect(messages[1]).toMatchObject({ status: 'waiting', position: 1, attempt: 1, nextTryAt: null })
    await closeReply(services, writing, done)
    expect(await take(services, tried.replyId)).toMatchObject({ attempt: 2 })
  }, { MODEL_CONCURRENCY: '1' }))
}
