/** How fast an upload goes and how long it will take. Pure. */
export interface Pace { bytesPerSecond: number | null, secondsLeft: number | null }

/** Long enough not to jump, short enough to notice a better network. */
const windowMs = 4_000

/** Call the answer with the bytes sent so far; nothing is told before a whole second has passed. */
export function makePace(totalBytes: number): (sentBytes: number, now: number) => Pace {
  const marks: { at: number, sent: number }[] = []
  return (sent, at) => {
    marks.push({ at, sent })
    while (marks.length > 2 && at - (marks[0]?.at ?? at) > windowMs) marks.shift()
    const first = marks[0] ?? { at, sent }
    const seconds = (at - first.at) / 1000
    if (seconds < 1 || sent <= first.sent) return { bytesPerSecond: null, secondsLeft: null }
    const bytesPerSecond = (sent - first.sent) / seconds
    return { bytesPerSecond, secondsLeft: Math.ceil((totalBytes - sent) / bytesPerSecond) }
  }
}
