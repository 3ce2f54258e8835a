/** Promises 1, 2, 3, 7 and 8 on a real server process: sending once, replies that belong to no page, stopping, retries in sight. */
import { expect, it } from 'vitest'
import { newId } from '../../shared/ids.ts'
import { messageSend, openSocket, readMessage, untilEnded, watch } from '../support/client.ts'
import { useLive } from '../support/live.ts'
import { callsOf, scriptedSend } from '../support/live-settings.ts'
import { textOfScript } from '../support/scripted-llm.ts'
import { until } from '../support/until.ts'

const live = useLive()

it('the same send, ten times at once over several sockets and HTTP, makes one message, one reply, one call', async () => {
  const guest = await live.guest()
  const { script, command } = scriptedSend({ tokens: 20 })
  const sockets = await Promise.all(Array.from({ length: 3 }, () => openSocket(guest)))
  const answers = await Promise.all(Array.from({ length: 10 }, async (_, i) => {
    if (i % 5 === 4) return (await guest.request<{ answer: unknown }>('POST', '/api/commands', command)).body.answer
    return sockets[i % 3]!.change(command)
  }))
  expect(new Set(answers.map(answer => JSON.stringify(answer))).size).toBe(1)
  const reply = await untilEnded(guest, command.conversationId, command.replyId)
  expect(reply).toMatchObject({ status: 'done', attempt: 1, content: textOfScript(script) })
  const { body } = await guest.request<{ messages: unknown[] }>('GET', `/api/conversations/${command.conversationId}`)
  expect(body.messages).toHaveLength(2)
  expect(callsOf(live.llm, script)).toHaveLength(1)
  for (const socket of sockets) socket.close()
})

it('a reply goes on when every page is closed', async () => {
  const guest = await live.guest()
  const { script, command } = scriptedSend({ tokens: 60, perSecond: 60 })
  const socket = await openSocket(guest)
  await socket.change(command)
  socket.drop()
  expect(await untilEnded(guest, command.conversationId, command.replyId)).toMatchObject({ status: 'done', content: textOfScript(script) })
})

it('what is sent while a reply is being written is answered next', async () => {
  const guest = await live.guest()
  const first = scriptedSend({ tokens: 40, perSecond: 80 })
  const second = scriptedSend({ tokens: 5 }, { conversationId: first.command.conversationId })
  const socket = await openSocket(guest)
  await socket.change(first.command)
  await socket.change(second.command)
  await untilEnded(guest, first.command.conversationId, second.command.replyId)
  const [one] = callsOf(live.llm, first.script)
  const [other] = callsOf(live.llm, second.script)
  expect(one?.end).toBe('whole')
  expect(other!.at).toBeGreaterThanOrEqual(one!.endedAt!)
  socket.close()
})

it('stop reaches the provider within a second, keeps what was written, and ends as stopped', async () => {
  const guest = await live.guest()
  const { script, command } = scriptedSend({ tokens: 5000, perSecond: 50 })
  const writer = await openSocket(guest)
  await writer.change(command)
  const watcher = watch(guest, command.conversationId)
  await watcher.connect()
  await until(() => watcher.text(command.replyId).length > 20, { what: 'some text' })
  const stoppedAt = Date.now()
  const other = await openSocket(guest)
  await other.change({ type: 'reply.stop', id: newId(), conversationId: command.conversationId, messageId: command.replyId })
  const call = await until(() => callsOf(live.llm, script).find(one => one.end === 'aborted'), { what: 'the provider to be let go' })
  expect(call.endedAt! - stoppedAt).toBeLessThan(1000)
  const reply = await untilEnded(guest, command.conversationId, command.replyId)
  expect(reply.status).toBe('stopped')
  expect(reply.content.length).toBeGreaterThan(20)
  expect(textOfScript(script).startsWith(reply.content)).toBe(true)
  for (const socket of [writer, other]) socket.close()
  watcher.close()
})

it('a provider that is busy is asked again after its own delay, in sight, and without a second answer', async () => {
  const guest = await live.guest()
  const { script, command } = scriptedSend({ tokens: 10, status: 429, times: 1, retryAfter: 1 })
  const socket = await openSocket(guest)
  await socket.change(command)
  const waiting = await until(async () => {
    const reply = await readMessage(guest, command.conversationId, command.replyId)
    return reply?.status === 'retrying' ? reply : undefined
  }, { what: 'the reply to be retrying' })
  expect(waiting.error?.code).toBe('model_busy')
  expect(waiting.nextTryAt).toBeGreaterThan(Date.now() - 1500)
  const reply = await untilEnded(guest, command.conversationId, command.replyId)
  expect(reply).toMatchObject({ status: 'done', content: textOfScript(script) })
  const [first, second] = callsOf(live.llm, script)
  expect(second!.at - first!.at).toBeGreaterThanOrEqual(950)
  expect(reply.attempts.map(attempt => attempt.outcome)).toEqual(['retrying', 'done'])
  socket.close()
})

it('what was deleted stays deleted, whatever is sent again', async () => {
  const guest = await live.guest()
  const { command } = scriptedSend({ tokens: 3 })
  const socket = await openSocket(guest)
  await socket.change(command)
  await untilEnded(guest, command.conversationId, command.replyId)
  await socket.change({ type: 'conversation.delete', id: newId(), conversationId: command.conversationId })
  await expect(socket.change(messageSend('again', { conversationId: command.conversationId }))).rejects.toThrow('deleted')
  const { status } = await guest.request('GET', `/api/conversations/${command.conversationId}`)
  expect(status).toBe(404)
  socket.close()
})

it('the log follows a message by its ids from command to reply, and holds nothing that people or models say', async () => {
  const guest = await live.guest()
  const socket = await openSocket(guest)
  const { command } = scriptedSend({ tokens: 20, name: 'a very private matter' })
  await socket.change(command)
  await untilEnded(guest, command.conversationId, command.replyId)
  await socket.change({ type: 'conversation.change', id: newId(), conversationId: command.conversationId, title: 'my secret title', instructions: 'whisper only' })
  await guest.request('GET', `/api/search?q=privately-sought`)
  const { conversationId, messageId, replyId } = command
  const said = (of: Record<string, unknown>) => live.server.lines().some(line => Object.entries(of).every(([name, value]) => line[name] === value))
  await until(() => said({ msg: 'command', commandId: command.id, userId: guest.user.id, conversationId, messageId, replyId }), { what: 'the command in the log' })
  await until(() => said({ msg: 'reply left', messageId: replyId, conversationId, attempt: 1, became: 'done' }), { what: 'the reply in the log' })
  await until(() => said({ msg: 'job ended', task: 'write-reply', messageId: replyId, outcome: 'done' }), { what: 'its job in the log' })
  await until(() => said({ msg: 'command', type: 'conversation.change', conversationId }), { what: 'the change in the log' })
  expect(live.server.log()).not.toMatch(/private|secret title|whisper only|lorem|ipsum/)
})
