/**
 * Tells from the level of a microphone (0 to 1) when somebody begins to speak and when they have ended. It learns how
 * loud the place is while nobody speaks. Pure.
 */

/** Speech that is shorter is a cough or a click. */
const leastSpeechMs = 250
/** Sound within this time that makes speech begin. */
const beginsAfterMs = 160
/** A pause that ends it: longer than the pauses between sentences. */
const endsAfterMs = 1400
/** While our own voice plays, its echo is learned for this long before anything counts as speech. */
const echoMs = 700
/** Levels below this are silence in the quietest place. */
const leastLevel = 0.12

export type Heard = 'began' | 'ended' | 'nothing'

export interface SpeechGate {
  /** The level at a moment (any clock of milliseconds). `ended` follows a `began` that was long enough; one that was not is taken back by `nothing`. */
  hear(level: number, atMs: number): Heard | null
  /** Our own voice begins or ends to play: what is heard of it is no speech. */
  playing(on: boolean): void
}

export function makeSpeechGate(): SpeechGate {
  let floor = 0.04
  let echo = 0
  let playsSince: number | null = null
  let plays = false
  let loudMs = 0
  let speaking = false
  let lastLoudAt = 0
  let lastAt: number | null = null

  /** Falls at once, rises over seconds: speech does not become the new silence. */
  function learn(level: number, passedMs: number) {
    floor = level < floor ? floor + (level - floor) * 0.3 : floor + (level - floor) * Math.min(1, passedMs / 8000)
  }
  function thresholdOf(level: number, atMs: number): number {
    const usual = Math.max(leastLevel, floor * 1.5 + 0.06)
    if (!plays || speaking) return usual
    playsSince ??= atMs
    echo = Math.max(echo * 0.995, level * (atMs - playsSince < echoMs ? 1 : 0))
    return atMs - playsSince < echoMs ? Number.POSITIVE_INFINITY : Math.max(usual * 1.5, echo * 1.35)
  }
  function end(atMs: number): Heard {
    speaking = false
    const long = loudMs >= leastSpeechMs
    loudMs = 0
    lastLoudAt = atMs
    return long ? 'ended' : 'nothing'
  }

  return {
    hear(level, atMs) {
      // A page in the background is called less often: a long step counts as a short one.
      const passedMs = Math.min(200, lastAt === null ? 50 : atMs - lastAt)
      lastAt = atMs
      const loud = level > thresholdOf(level, atMs)
      if (!speaking && !loud) learn(level, passedMs)
      if (loud) {
        loudMs += passedMs
        lastLoudAt = atMs
      }
      else if (!speaking) loudMs = Math.max(0, loudMs - passedMs)
      if (!speaking && loudMs >= beginsAfterMs) {
        speaking = true
        return 'began'
      }
      return speaking && atMs - lastLoudAt >= endsAfterMs ? end(atMs) : null
    },
    playing(on) {
      plays = on
      playsSince = null
      echo = 0
    },
  }
}
