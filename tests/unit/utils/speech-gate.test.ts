import { describe, expect, it } from 'vitest'
import { makeSpeechGate, type Heard, type SpeechGate } from '../../../utils/speech-gate.ts'

/** Plays levels, 20 a second, and gives what was heard with its time in seconds. */
function player(gate: SpeechGate = makeSpeechGate()) {
  let at = 0
  const heard: [number, Heard][] = []
  const play = (seconds: number, level: number | ((second: number) => number), stepMs = 50) => {
    for (const until = at + seconds * 1000; at < until; at += stepMs) {
      const now = gate.hear(typeof level === 'number' ? level : level(at / 1000), at)
      if (now) heard.push([Math.round(at / 100) / 10, now])
    }
  }
  return { gate, play, heard, kinds: () => heard.map(([, kind]) => kind) }
}
/** Words and the short pauses between them. */
const talk = (second: number) => second % 0.8 < 0.55 ? 0.45 : 0.08

describe('who listens', () => {
  it('hears that somebody begins, and that they have ended after a pause', () => {
    const { play, heard } = player()
    play(2, 0.05)
    play(4, talk)
    play(3, 0.05)
    expect(heard.map(([, kind]) => kind)).toEqual(['began', 'ended'])
    expect(heard[0]![0]).toBeLessThan(2.4)
    expect(heard[1]![0]).toBeGreaterThan(6.5)
    expect(heard[1]![0]).toBeLessThan(7.6)
  })

  it('is not ended by the pauses between sentences', () => {
    const { play, kinds } = player()
    play(1, talk)
    play(1.1, 0.05)
    play(1, talk)
    expect(kinds()).toEqual(['began'])
  })

  it('takes a cough back, and a click for nothing', () => {
    const { play, kinds } = player()
    play(1, 0.05)
    play(0.1, 0.6)
    play(2, 0.05)
    expect(kinds()).toEqual([])
    play(0.2, 0.6)
    play(2, 0.05)
    expect(kinds()).toEqual(['began', 'nothing'])
  })

  it('gets used to a loud place, and still hears who speaks in it', () => {
    const { play, kinds } = player()
    play(20, 0.1)
    play(30, 0.16)
    expect(kinds()).not.toContain('ended')
    const before = kinds().length
    play(2, 0.5)
    play(2, 0.14)
    expect(kinds().slice(before)).toEqual(['began', 'ended'])
  })

  it('does not take the echo of our own voice for an answer, but a louder one', () => {
    const { gate, play, kinds } = player()
    play(1, 0.05)
    gate.playing(true)
    play(8, second => second % 0.5 < 0.3 ? 0.3 : 0.1)
    expect(kinds()).toEqual([])
    play(1, 0.6)
    expect(kinds()).toEqual(['began'])
    gate.playing(false)
    play(2, 0.05)
    expect(kinds()).toEqual(['began', 'ended'])
  })

  it('also in a page in the background, which is called once a second', () => {
    const { play, kinds } = player()
    play(3, 0.05, 1000)
    play(4, 0.5, 1000)
    play(4, 0.05, 1000)
    expect(kinds()).toEqual(['began', 'ended'])
  })
})
