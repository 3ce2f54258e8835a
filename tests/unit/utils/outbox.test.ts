import { afterEach, describe, expect, it, vi } from 'vitest'
import { newId } from '../../../shared/ids.ts'
import type { Problem } from '../../../shared/errors.ts'
import type { ChangeCommand } from '../../../shared/protocol.ts'
import { openOutbox, type Keep, type Outbox, type OutboxEntry, type OutboxOptions } from '../../../utils/outbox.ts'
import { LostError, RefusedError } from '../../../utils/problems.ts'

/** What IndexedDB does for us, in memory: copies in, copies out, not at once. */
const memoryKeep = (): Keep & { kept: Map<string, OutboxEntry> } => {
  const kept = new Map<string, OutboxEntry>()
  const soon = () => new Promise(resolve => setImmediate(resolve))
  return {
    kept,
    list: async () => { await soon(); return structuredClone([...kept.values()]) },
    put: async (entry) => { await soon(); kept.set(entry.command.id, structuredClone(entry)) },
    remove: async (id) => { await soon(); kept.delete(id) },
  }
}

const locks = new Map<string, Promise<void>>()
const exclusively = (name: string, run: () => Promise<void>) => {
  const turn = (locks.get(name) ?? Promise.resolve()).then(run)
  locks.set(name, turn.catch(() => {}))
  return turn
}

const conversationId = newId()
const send = (content = 'hello', conversation = conversationId): ChangeCommand & { type: 'message.send' } =>
  ({ type: 'message.send', id: newId(), conversationId: conversation, messageId: newId(), replyId: newId(), content, mediaIds: [] })
const answer = { conversationId, seq: 7 }

const opened: Outbox[] = []
function tab(options: Partial<OutboxOptions> & Pick<OutboxOptions, 'deliver'>) {
  const outbox = openOutbox({
    userId: 'me', keep: memoryKeep(), prepare: async () => {}, isUp: () => true, exclusively, changed: () => {}, refused: () => {}, ...options,
  })
  opened.push(outbox)
  return outbox
}
const states = (outbox: Outbox) => outbox.entries().map(entry => entry.state)
const until = (check: () => void) => vi.waitFor(check, { timeout: 2_000, interval: 5 })

afterEach(() => {
  vi.useRealTimers()
  for (const outbox of opened.splice(0)) outbox.close()
})

describe('the outbox', () => {
  it('keeps a command before it is sent, and forgets it once it was accepted and told', async () => {
    const keep = memoryKeep()
    const keptWhenSent: number[] = []
    const outbox = tab({ keep, deliver: async () => { keptWhenSent.push(keep.kept.size); return answer } })
    await outbox.add(send())
    await until(() => expect(states(outbox)).toEqual(['accepted']))
    expect(keptWhenSent).toEqual([1])
    await until(() => expect(keep.kept.size).toBe(0))
    outbox.settle(conversationId, 6)
    expect(states(outbox)).toEqual(['accepted'])
    outbox.settle(conversationId, 7)
    expect(states(outbox)).toEqual([])
  })

  it('holds everything while there is no line, survives a reload, and delivers in order', async () => {
    const keep = memoryKeep()
    const offline = tab({ keep, isUp: () => false, deliver: async () => { throw new LostError() } })
    const commands = ['one', 'two', 'three'].map(text => send(text))
    for (const command of commands) await offline.add(command)
    expect(states(offline)).toEqual(['kept', 'kept', 'kept'])
    offline.close()

    const delivered: string[] = []
    const online = tab({ keep, deliver: async (command) => { delivered.push(command.id); return answer } })
    await online.reload()
    online.flush()
    await until(() => expect(delivered).toEqual(commands.map(command => command.id)))
  })

  it('delivers once although two tabs share it', async () => {
    const keep = memoryKeep()
    const delivered: string[] = []
    const deliver = async (command: ChangeCommand) => { delivered.push(command.id); return answer }
    let up = false
    const tabs = [tab({ keep, deliver, isUp: () => up }), tab({ keep, deliver, isUp: () => up })]
    const commands = ['one', 'two', 'three'].map(text => send(text))
    for (const command of commands) await tabs[0]!.add(command)
    await tabs[1]!.reload()
    up = true
    for (const outbox of tabs) outbox.flush()
    await until(() => expect(keep.kept.size).toBe(0))
    await Promise.all(locks.values())
    expect(delivered).toEqual(commands.map(command => command.id))
  })

  it('keeps refused words, marked with the reason, and lets the next ones go', async () => {
    const problem: Problem = { code: 'model_not_found', message: 'The model “x” is not on offer here.' }
    let refuse = true
    const outbox = tab({ deliver: async (command) => {
      if (refuse && command.type === 'message.send' && command.content === 'bad') throw new RefusedError(problem)
      return answer
    } })
    const bad = send('bad')
    await outbox.add(bad)
    await outbox.add(send('good'))
    await until(() => expect(states(outbox)).toEqual(['refused', 'accepted']))
    expect(outbox.entries()[0]?.problem).toEqual(problem)
    refuse = false
    await outbox.again(bad.id)
    await until(() => expect(states(outbox)).toEqual(['accepted', 'accepted']))
  })

  it('says a refusal that leaves no mark, and drops it', async () => {
    const refused: string[] = []
    const outbox = tab({ deliver: async () => { throw new RefusedError({ code: 'reply_not_open', message: 'It has ended.' }) }, refused: (_, problem) => refused.push(problem.code) })
    await outbox.add({ type: 'reply.stop', id: newId(), conversationId, messageId: newId() })
    await until(() => expect(refused).toEqual(['reply_not_open']))
    expect(states(outbox)).toEqual([])
  })

  it('tries again by itself after a loss, and after a refusal for the moment', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const faults: Error[] = [new LostError(), new RefusedError({ code: 'too_many_requests', message: 'Too fast.' })]
    let tries = 0
    const outbox = tab({ deliver: async () => {
      tries++
      const fault = faults.shift()
      if (fault) throw fault
      return answer
    } })
    await outbox.add(send())
    for (const count of [1, 2, 3]) {
      while (tries < count || outbox.entries()[0]?.state === 'sending') await new Promise(resolve => setImmediate(resolve))
      await vi.advanceTimersByTimeAsync(3_000)
    }
    expect(states(outbox)).toEqual(['accepted'])
  })

  it('waits with what can be undone, and never sends what was discarded', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const delivered: string[] = []
    const outbox = tab({ deliver: async (command) => { delivered.push(command.id); return answer } })
    const undone: ChangeCommand = { type: 'conversation.delete', id: newId(), conversationId }
    const meant: ChangeCommand = { type: 'conversation.delete', id: newId(), conversationId: newId() }
    for (const command of [undone, meant]) await outbox.add(command, { notBefore: Date.now() + 10_000 })
    await outbox.discard(undone.id)
    await vi.advanceTimersByTimeAsync(9_000)
    expect(delivered).toEqual([])
    await vi.advanceTimersByTimeAsync(2_000)
    while (delivered.length === 0) await new Promise(resolve => setImmediate(resolve))
    expect(delivered).toEqual([meant.id])
  })

  it('shows nobody else’s entries', async () => {
    const keep = memoryKeep()
    await tab({ keep, isUp: () => false, deliver: async () => answer }).add(send())
    const other = tab({ keep, userId: 'other', deliver: async () => answer })
    await other.reload()
    expect(other.entries()).toEqual([])
  })
})
