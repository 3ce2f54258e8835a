/** Retries people can see: automatic, bounded, each recorded with its cause, stoppable, and the last one by the fallback model. */
import { expect, it } from 'vitest'
import { newId } from '../../shared/ids.ts'
import { openSocket, readMessage, untilEnded } from '../support/client.ts'
import { follow } from '../support/followed.ts'
import { useLive } from '../support/live.ts'
import { callsOf, scriptedSend } from '../support/live-settings.ts'
import { textOfScript, type Script } from '../support/scripted-llm.ts'
import { until } from '../support/until.ts'

const live = useLive({ OPENAI_MODELS: 'fake,spare', DEFAULT_MODEL: 'openai:fake', FALLBACK_MODEL: 'openai:spare', MODEL_TIMEOUT_SECONDS: '2' })

async function send(script: Script) {
  const guest = await live.guest()
  const { script: named, command } = scriptedSend(script)
  const socket = await openSocket(guest, { keep: false })
  await socket.change(command)
  const followed = await follow(() => guest, 1, command, named)
  return { guest, socket, command, followed, calls: () => callsOf(live.llm, named), text: textOfScript(named) }
}

it.each([
  ['a provider’s fault', { status: 500, retryAfter: 1 }, 'model_failed'],
  ['silence', { firstAfterMs: 60_000 }, 'model_timed_out'],
  ['a stream that is cut', { cutAfter: 12, perSecond: 60 }, 'reply_cut_off'],
] as const)('%s is tried again by itself, and the attempt is kept with its cause', async (_, fault, code) => {
  const { guest, command, followed, calls, text } = await send({ tokens: 40, times: 1, ...fault })
  const waiting = await until(async () => {
    const reply = await readMessage(guest, command.conversationId, command.replyId)
    return reply?.status === 'retrying' ? reply : undefined
  }, { what: 'the reply to be retrying', withinMs: 10_000 })
  expect(waiting).toMatchObject({ error: { code, message: expect.any(String) as string }, nextTryAt: expect.any(Number) as number })
  const reply = await untilEnded(guest, command.conversationId, command.replyId)
  expect(reply).toMatchObject({
    status: 'done', content: text,
    attempts: [{ attempt: 1, model: 'openai:fake', outcome: 'retrying', error: { code } }, { attempt: 2, model: 'openai:fake', outcome: 'done', error: null, usage: { outputTokens: 40 } }],
  })
  await until(() => followed.watchers[0]!.message(command.replyId)?.status === 'done')
  expect([followed.wrong, followed.watchers[0]!.text(command.replyId), calls().length]).toEqual([[], text, 2])
})

it('a provider that stays broken is asked three times, the last time by the fallback model; then the reply has failed with a reason', async () => {
  const { guest, command, calls } = await send({ tokens: 40, status: 503, retryAfter: 1 })
  const reply = await untilEnded(guest, command.conversationId, command.replyId)
  expect(reply).toMatchObject({ status: 'failed', attempt: 3, error: { code: 'model_busy' }, nextTryAt: null })
  expect(reply.attempts.map(attempt => [attempt.model, attempt.outcome, attempt.error?.code])).toEqual([
    ['openai:fake', 'retrying', 'model_busy'], ['openai:fake', 'retrying', 'model_busy'], ['openai:spare', 'failed', 'model_busy'],
  ])
  expect(calls()).toHaveLength(3)
})

it('a stop while the next try is waited for ends the reply at once, and the model is not called again', async () => {
  const { guest, socket, command, calls } = await send({ tokens: 40, status: 429, retryAfter: 2 })
  await until(async () => (await readMessage(guest, command.conversationId, command.replyId))?.status === 'retrying', { what: 'the reply to be retrying' })
  await socket.change({ type: 'reply.stop', id: newId(), conversationId: command.conversationId, messageId: command.replyId })
  expect(await readMessage(guest, command.conversationId, command.replyId)).toMatchObject({
    status: 'stopped', nextTryAt: null,
    // Waiting was no further try.
    attempts: [{ attempt: 1, outcome: 'retrying' }],
  })
  // Past the moment at which it would have been tried again, another reply comes and goes.
  const later = await send({ tokens: 60, perSecond: 25 })
  await untilEnded(later.guest, later.command.conversationId, later.command.replyId)
  expect(calls()).toHaveLength(1)
})

it('a provider that asks for more patience than anyone has is not waited for', async () => {
  const { guest, command, calls } = await send({ tokens: 40, status: 429, retryAfter: 3600 })
  expect(await untilEnded(guest, command.conversationId, command.replyId)).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'model_busy' } })
  expect(calls()).toHaveLength(1)
})
