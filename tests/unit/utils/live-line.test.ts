import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { newId } from '../../../shared/ids.ts'
import type { Command, LiveEvent } from '../../../shared/protocol.ts'
import { lineTimes, makeLine, pauseMs, type LineState, type LineTransport, type LiveLine } from '../../../utils/live-line.ts'
import { followAgainMs } from '../../../utils/live-followers.ts'
import { LostError, RefusedError } from '../../../utils/problems.ts'
import type { OpenTransport, TransportHandlers } from '../../../utils/live-transport.ts'

interface Opened { kind: LineTransport, handlers: TransportHandlers, sent: Command[], closed: boolean }

const hello: LiveEvent = { type: 'hello', protocol: 1, connectionId: 'c', now: 0, workers: 1 }
const conversationId = newId()
const stop = () => ({ type: 'reply.stop' as const, id: newId(), conversationId, messageId: newId() })

/** A line over transports whose far end the test plays. */
function dial() {
  const opened: Opened[] = []
  const states: LineState[] = []
  const transport = (kind: LineTransport): OpenTransport => (handlers) => {
    const one: Opened = { kind, handlers, sent: [], closed: false }
    opened.push(one)
    return { send: command => one.sent.push(command), close: () => { one.closed = true } }
  }
  const line = makeLine({ transports: { socket: transport('socket'), events: transport('events') }, event: () => {}, state: state => states.push(state) })
  line.open()
  return { line, opened, states, last: () => opened.at(-1)! }
}

let line: LiveLine | undefined
beforeEach(() => { vi.useFakeTimers() })
afterEach(() => {
  line?.close()
  vi.useRealTimers()
})

describe('the line', () => {
  it('answers a request with what was accepted or refused under its id', async () => {
    const dialed = dial()
    line = dialed.line
    dialed.last().handlers.event(hello)
    const [one, two] = [stop(), stop()]
    const accepted = line.request(one)
    const refused = line.request(two)
    dialed.last().handlers.event({ type: 'command.refused', id: two.id, error: { code: 'reply_not_open', message: 'It has ended.' } })
    dialed.last().handlers.event({ type: 'command.accepted', id: one.id, answer: { conversationId, seq: 3 } })
    await expect(accepted).resolves.toEqual({ conversationId, seq: 3 })
    await expect(refused).rejects.toBeInstanceOf(RefusedError)
  })

  it('gives requests back as lost when the line breaks, when no answer comes, and when there is no line', async () => {
    const dialed = dial()
    line = dialed.line
    await expect(line.request(stop())).rejects.toBeInstanceOf(LostError)
    dialed.last().handlers.event(hello)
    const unanswered = expect(line.request(stop())).rejects.toBeInstanceOf(LostError)
    await vi.advanceTimersByTimeAsync(lineTimes.answerMs)
    await unanswered
    const broken = expect(line.request(stop())).rejects.toBeInstanceOf(LostError)
    dialed.last().handlers.lost()
    await broken
  })

  it('turns to events after two sockets that never opened, and stays with what worked', async () => {
    const dialed = dial()
    line = dialed.line
    for (let tries = 0; tries < 2; tries++) {
      dialed.last().handlers.lost()
      await vi.advanceTimersByTimeAsync(lineTimes.firstPauseMs * 2 ** tries)
    }
    expect(dialed.opened.map(one => one.kind)).toEqual(['socket', 'socket', 'events'])
    dialed.last().handlers.event(hello)
    dialed.last().handlers.lost()
    await vi.advanceTimersByTimeAsync(300)
    expect(dialed.last().kind).toBe('events')
  })

  it('gives up on a socket that says nothing', async () => {
    const dialed = dial()
    line = dialed.line
    await vi.advanceTimersByTimeAsync(lineTimes.helloMs)
    expect(dialed.opened[0]?.closed).toBe(true)
    expect(dialed.states).toEqual(['offline'])
  })

  it('notices a dead line by a ping that nothing answers', async () => {
    const dialed = dial()
    line = dialed.line
    const first = dialed.last()
    first.handlers.event(hello)
    await vi.advanceTimersByTimeAsync(lineTimes.pingMs)
    expect(first.sent.at(-1)?.type).toBe('ping')
    first.handlers.event({ type: 'pong', id: newId() })
    await vi.advanceTimersByTimeAsync(lineTimes.pongMs)
    expect(first.closed).toBe(false)
    await vi.advanceTimersByTimeAsync(lineTimes.pingMs + lineTimes.pongMs)
    expect(first.closed).toBe(true)
  })

  it('follows again from where the follower stands', async () => {
    const dialed = dial()
    line = dialed.line
    let after = 4
    const following = line.follow(conversationId, { position: () => ({ after, cursors: {} }), refused: () => {} })
    dialed.last().handlers.event(hello)
    expect(dialed.last().sent).toMatchObject([{ type: 'conversation.follow', conversationId, after: 4 }])
    after = 9
    dialed.last().handlers.lost()
    await vi.advanceTimersByTimeAsync(300)
    dialed.last().handlers.event(hello)
    expect(dialed.last().sent).toMatchObject([{ type: 'conversation.follow', conversationId, after: 9 }])
    following.again()
    following.again()
    await vi.advanceTimersByTimeAsync(followAgainMs)
    expect(dialed.last().sent).toHaveLength(2)
    following.stop()
    expect(dialed.last().sent.at(-1)?.type).toBe('conversation.unfollow')
  })

  it('tells a follower that there is nothing to follow', () => {
    const dialed = dial()
    line = dialed.line
    const refused = vi.fn()
    line.follow(conversationId, { position: () => ({ after: 0, cursors: {} }), refused })
    dialed.last().handlers.event(hello)
    dialed.last().handlers.event({ type: 'command.refused', id: dialed.last().sent[0]!.id, error: { code: 'conversation_not_found', message: 'No.' } })
    expect(refused).toHaveBeenCalledOnce()
  })

  it('tells a follower that the server knows less than it does, as after a restored backup', () => {
    const dialed = dial()
    line = dialed.line
    dialed.last().handlers.event(hello)
    const ahead = vi.fn()
    let after = 7
    const following = line.follow(conversationId, { position: () => ({ after, cursors: {} }), refused: () => {}, ahead })
    const accept = () => dialed.last().handlers.event({ type: 'command.accepted', id: dialed.last().sent.at(-1)!.id, answer: { conversationId, seq: 5 } })
    accept()
    expect(ahead).toHaveBeenCalledOnce()
    after = 5
    vi.advanceTimersByTime(followAgainMs)
    following.again()
    accept()
    expect(ahead).toHaveBeenCalledOnce()
  })

  it('comes back when a server asks it to, without calling that offline', async () => {
    const dialed = dial()
    line = dialed.line
    dialed.last().handlers.event(hello)
    dialed.last().handlers.event({ type: 'come.back', afterMs: 200 })
    await vi.advanceTimersByTimeAsync(300)
    expect(dialed.opened).toHaveLength(2)
    expect(dialed.states).toEqual(['online', 'connecting'])
  })

  it('does not come back when the session has ended', async () => {
    const dialed = dial()
    line = dialed.line
    dialed.last().handlers.event(hello)
    dialed.last().handlers.event({ type: 'session.ended' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(dialed.opened).toHaveLength(1)
    expect(dialed.last().closed).toBe(true)
  })

  it('tries at once when it is woken', async () => {
    const dialed = dial()
    line = dialed.line
    for (let tries = 0; tries < 6; tries++) {
      dialed.last().handlers.lost()
      await vi.advanceTimersByTimeAsync(lineTimes.longestPauseMs)
    }
    dialed.last().handlers.lost()
    const before = dialed.opened.length
    line.wake()
    expect(dialed.opened.length).toBe(before + 1)
  })

  it('waits longer each time, never in step, and never for ever', () => {
    expect(pauseMs(1, 0)).toBe(250)
    expect(pauseMs(1, 1)).toBe(500)
    expect(pauseMs(3, 1)).toBe(2_000)
    expect(pauseMs(40, 1)).toBe(lineTimes.longestPauseMs)
  })
})
