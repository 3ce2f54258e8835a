import { describe, expect, it } from 'vitest'
import type { Ear, Spoken } from '../../../utils/ear.ts'
import { goRound } from '../../../utils/hands-free.ts'
import { until } from '../../support/until.ts'

const spoken = (name: string): Spoken => ({ recordingId: name, file: new File(['x'], name) })

/** A round whose ear, reply and voice the test plays. */
function begin(replyOf: (name: string) => string | null | Error = name => `reply to ${name}`) {
  const stop = new AbortController()
  const phases: string[] = []
  const plays: boolean[] = []
  const asked: string[] = []
  const reads: { text: string, signal: AbortSignal, end(): void }[] = []
  const hearings: { options: Parameters<Ear['hear']>[0], say(name: string): void, fail(error: Error): void }[] = []
  const ended = goRound<string>({
    ear: {
      hear: options => new Promise((resolve, reject) => {
        options.signal.addEventListener('abort', () => reject(options.signal.reason), { once: true })
        hearings.push({ options, say: name => resolve(spoken(name)), fail: reject })
      }),
      playing: on => plays.push(on),
    },
    ask: async ({ recordingId }) => {
      asked.push(recordingId)
      const reply = replyOf(recordingId)
      if (reply instanceof Error) throw reply
      return reply
    },
    read: (text, signal) => new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
      reads.push({ text, signal, end: resolve })
    }),
    tell: phase => phases.push(phase),
  }, stop.signal)
  ended.catch(() => {})
  return { stop, phases, plays, asked, reads, hearings, ended }
}

describe('a hands-free round', () => {
  it('listens, asks, reads, and listens again', async () => {
    const { phases, hearings, reads, asked, plays } = begin()
    hearings[0]!.options.began(true)
    hearings[0]!.say('one')
    await until(() => reads.length === 1)
    expect(reads[0]!.text).toBe('reply to one')
    reads[0]!.end()
    await until(() => phases.at(-1) === 'listening')
    hearings[1]!.options.began(true)
    hearings[1]!.say('two')
    await until(() => reads.length === 2)
    expect(asked).toEqual(['one', 'two'])
    expect(phases).toEqual(['listening', 'hearing', 'asking', 'reading', 'listening', 'hearing', 'asking', 'reading'])
    expect(plays).toEqual([true, false, true])
  })

  it('is interrupted by who speaks, and loses no word of it', async () => {
    const { phases, hearings, reads, asked } = begin()
    hearings[0]!.say('one')
    await until(() => reads.length === 1)
    hearings[1]!.options.began(true)
    await until(() => reads[0]!.signal.aborted)
    await until(() => phases.at(-1) === 'hearing')
    hearings[1]!.say('wait, two')
    await until(() => reads.length === 2)
    expect(asked).toEqual(['one', 'wait, two'])
    expect(hearings).toHaveLength(3)
  })

  it('goes on listening when what interrupted was a cough', async () => {
    const { phases, hearings, reads } = begin()
    hearings[0]!.say('one')
    await until(() => reads.length === 1)
    hearings[1]!.options.began(true)
    await until(() => reads[0]!.signal.aborted)
    hearings[1]!.options.began(false)
    await until(() => phases.at(-1) === 'listening')
    expect(hearings).toHaveLength(2)
  })

  it('reads nothing where there is nothing to read', async () => {
    const { phases, hearings, reads, plays } = begin(() => null)
    hearings[0]!.say('one')
    await until(() => hearings.length === 2)
    hearings[1]!.options.began(true)
    await until(() => phases.at(-1) === 'hearing')
    expect(reads).toEqual([])
    expect(plays).not.toContain(true)
  })

  it('ends with what went wrong, and reads no more', async () => {
    const refused = new Error('refused')
    const one = begin(() => refused)
    one.hearings[0]!.say('one')
    await expect(one.ended).rejects.toBe(refused)
    const other = begin()
    const deaf = new Error('unplugged')
    other.hearings[0]!.fail(deaf)
    await expect(other.ended).rejects.toBe(deaf)
  })

  it('ends at once when it is left, whatever it is doing', async () => {
    const left = new Error('left')
    const listening = begin()
    listening.stop.abort(left)
    await expect(listening.ended).rejects.toBe(left)
    const reading = begin()
    reading.hearings[0]!.say('one')
    await until(() => reading.reads.length === 1)
    reading.stop.abort(left)
    await expect(reading.ended).rejects.toBe(left)
    expect(reading.reads[0]!.signal.aborted).toBe(true)
  })
})
