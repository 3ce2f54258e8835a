/** Promises 6 and 10 on a real server process: any device, same text; not yours equals not there. */
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { newId } from '../../shared/ids.ts'
import type { ChangeCommand, LiveEvent } from '../../shared/protocol.ts'
import { messageSend, openSocket, untilEnded, watch } from '../support/client.ts'
import { useLive } from '../support/live.ts'
import { scriptedSend } from '../support/live-settings.ts'
import { textOfScript } from '../support/scripted-llm.ts'
import { until } from '../support/until.ts'

const live = useLive()

it('three followers, fifty random disconnects, one text, byte for byte', async () => {
  const guest = await live.guest()
  const { script, command } = scriptedSend({ tokens: 400, perSecond: 100 })
  const sender = await openSocket(guest)
  await sender.change(command)
  const watchers = Array.from({ length: 3 }, () => watch(guest, command.conversationId))
  await Promise.all(watchers.map(watcher => watcher.connect()))
  for (let cut = 0; cut < 50; cut++) {
    const watcher = watchers[cut % 3]!
    watcher.drop()
    await pause(Math.random() * 60)
    await watcher.connect()
  }
  const reply = await untilEnded(guest, command.conversationId, command.replyId)
  expect(reply.content).toBe(textOfScript(script))
  for (const watcher of watchers) {
    await until(() => watcher.message(command.replyId)?.status === 'done', { what: 'the follower to see the end' })
    expect(watcher.text(command.replyId)).toBe(textOfScript(script))
    watcher.close()
  }
  sender.close()
})

it('a follower that comes in the middle of a reply sees it whole, then grow', async () => {
  const guest = await live.guest()
  const { script, command } = scriptedSend({ tokens: 100, perSecond: 50 })
  const sender = await openSocket(guest)
  await sender.change(command)
  await pause(700)
  const late = watch(guest, command.conversationId)
  await late.connect()
  await until(() => late.text(command.replyId).startsWith('0:'), { what: 'the beginning' })
  const seen = late.text(command.replyId).length
  await until(() => late.text(command.replyId).length > seen, { what: 'it to grow' })
  await until(() => late.message(command.replyId)?.status === 'done', { what: 'the end' })
  expect(late.text(command.replyId)).toBe(textOfScript(script))
  late.close()
  sender.close()
})

it('server-sent events tell the same as the socket', async () => {
  const guest = await live.guest()
  const { script, command } = scriptedSend({ tokens: 150, perSecond: 60 })
  expect((await guest.request('POST', '/api/commands', command)).status).toBe(200)
  const response = await fetch(`${guest.url}/api/live?conversation=${command.conversationId}&after=0&cursors=%7B%7D`, { headers: { cookie: guest.cookie } })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const events: LiveEvent[] = []
  let text = ''
  const ended = () => events.some(event => event.type === 'conversation.changed' && event.messages.some(message => message.id === command.replyId && message.status === 'done'))
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  while (!ended()) {
    const { value, done } = await reader.read()
    if (done) break
    text += value
    events.splice(0, Infinity, ...text.split('\n\n').slice(0, -1).filter(block => block.startsWith('data: ')).map(block => JSON.parse(block.slice(6)) as LiveEvent))
  }
  await reader.cancel()
  expect([...new Set(events.map(event => event.type))]).toEqual(expect.arrayContaining(['hello', 'conversation.changed', 'reply.delta']))
  expect(text).toContain(JSON.stringify(textOfScript(script)).slice(1, 60))
})

describe('another user', () => {
  it('is told of nothing, and every command answers as if there were nothing', async () => {
    const [owner, stranger] = await Promise.all([live.guest(), live.guest()])
    const { command } = scriptedSend({ tokens: 3 })
    const socket = await openSocket(owner)
    await socket.change(command)
    await untilEnded(owner, command.conversationId, command.replyId)
    const { conversationId, messageId, replyId } = command
    const strange = await openSocket(stranger)
    const id = newId
    const tries: ChangeCommand[] = [
      { type: 'message.edit', id: id(), conversationId, editedId: messageId, messageId: id(), replyId: id(), content: 'x', mediaIds: [] },
      { type: 'reply.regenerate', id: id(), conversationId, messageId: replyId, replyId: id() },
      { type: 'reply.retry', id: id(), conversationId, messageId: replyId },
      { type: 'reply.stop', id: id(), conversationId, messageId: replyId },
      { type: 'conversation.change', id: id(), conversationId, title: 'mine' },
      { type: 'conversation.delete', id: id(), conversationId },
    ]
    const codes = []
    for (const attempt of tries) {
      const nowhere = { ...attempt, id: id(), conversationId: id() }
      const [theirs, nothing] = await Promise.all([attempt, nowhere].map(one => strange.change(one).then(() => 'accepted', (error: Error) => error.message)))
      codes.push([attempt.type, theirs, nothing])
    }
    expect(codes.filter(([, theirs, nothing]) => theirs === 'accepted' || theirs !== nothing)).toEqual([])
    strange.send({ type: 'conversation.follow', id: id(), conversationId, after: 0, cursors: {} })
    await until(() => strange.events.filter(event => event.type === 'command.refused').length >= tries.length * 2 + 1, { what: 'the refusals' })
    expect(strange.events.filter(event => JSON.stringify(event).includes(conversationId) && event.type !== 'command.refused')).toEqual([])
    for (const path of ['', '/messages?before=' + replyId, '/media']) {
      const theirs = await stranger.request('GET', `/api/conversations/${conversationId}${path}`)
      const nothing = await stranger.request('GET', `/api/conversations/${id()}${path}`)
      expect([path, theirs.status]).toEqual([path, 404])
      expect(theirs).toEqual(nothing)
    }
    await expect(strange.change(messageSend('hello', { conversationId }))).rejects.toThrow(/^(id_not_usable|conversation_not_found)$/)
    for (const one of [socket, strange]) one.close()
  })
})

it('nobody gets neither a socket nor an answer, nor does who has left', async () => {
  const left = await live.guest()
  await left.request('POST', '/api/auth/sign-out', {})
  for (const person of [{ ...left, cookie: '' }, left]) {
    await expect(openSocket(person)).rejects.toThrow('401')
    for (const path of ['/api/conversations', `/api/conversations/${newId()}`, '/api/live', '/api/search?q=x', '/api/media/storage']) {
      const response = await fetch(`${person.url}${path}`, { headers: { cookie: person.cookie } })
      expect([path, response.status]).toEqual([path, 401])
    }
  }
})
