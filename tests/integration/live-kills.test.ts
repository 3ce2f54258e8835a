/** Promises 4 and 5 with nothing installed: one process that is killed, and one that is asked to go. */
import { expect, it } from 'vitest'
import { openSocket, untilEnded, watch } from '../support/client.ts'
import { useLive } from '../support/live.ts'
import { callsOf, scriptedSend } from '../support/live-settings.ts'
import { textOfScript } from '../support/scripted-llm.ts'
import { until } from '../support/until.ts'

const live = useLive({ DRAIN_SECONDS: '1' })

it('kill -9 in the middle of a reply: after the restart it is written again, once, without a click', async () => {
  const guest = await live.guest()
  const { script, command } = scriptedSend({ tokens: 60, perSecond: 40 })
  const socket = await openSocket(guest)
  await socket.change(command)
  const watcher = watch(guest, command.conversationId)
  await watcher.connect()
  await until(() => watcher.text(command.replyId).length > 30, { what: 'some text' })
  live.server.signal('SIGKILL')
  live.server = await live.server.again()
  const restartedAt = Date.now()
  await watcher.connect()
  const second = await until(() => callsOf(live.llm, script)[1], { what: 'the second try' })
  expect(second.at - restartedAt).toBeLessThan(3000)
  const reply = await untilEnded(guest, command.conversationId, command.replyId)
  expect(reply).toMatchObject({ status: 'done', attempt: 2, content: textOfScript(script) })
  await until(() => watcher.message(command.replyId)?.status === 'done', { what: 'the follower to see the end' })
  expect(watcher.text(command.replyId)).toBe(textOfScript(script))
  expect(callsOf(live.llm, script)).toHaveLength(2)
  watcher.close()
})

it('what was accepted a moment before a kill is there after it', async () => {
  const guest = await live.guest()
  const socket = await openSocket(guest)
  const sends = Array.from({ length: 5 }, () => scriptedSend({ tokens: 5 }))
  await Promise.all(sends.map(({ command }) => socket.change(command)))
  live.server.signal('SIGKILL')
  live.server = await live.server.again()
  for (const { script, command } of sends)
    expect(await untilEnded(guest, command.conversationId, command.replyId)).toMatchObject({ status: 'done', content: textOfScript(script) })
})

it('SIGTERM: sockets are told to come back, the reply is handed back without an attempt, and ends after the restart', async () => {
  const guest = await live.guest()
  const { script, command } = scriptedSend({ tokens: 200, perSecond: 40 })
  const socket = await openSocket(guest)
  await socket.change(command)
  await until(() => callsOf(live.llm, script)[0]?.sent, { what: 'the writing to begin' })
  live.server.signal('SIGTERM')
  await until(() => socket.events.some(event => event.type === 'come.back'), { what: 'the word to come back' })
  expect(await live.server.ended).toBe(0)
  live.server = await live.server.again()
  const reply = await untilEnded(guest, command.conversationId, command.replyId)
  expect(reply).toMatchObject({ status: 'done', attempt: 1, content: textOfScript(script) })
})
