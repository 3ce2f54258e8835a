/**
 * When a signed address begins and ends, in whole epoch seconds. The beginning is rounded down to half of the life:
 * whoever asks within that window gets the same address (a browser's cache works), and at least half of it is left.
 */
export function lifetime(urlSeconds: number, nowMs: number = Date.now()): { start: number, expires: number } {
  const window = Math.max(1, Math.floor(urlSeconds / 2))
  const start = Math.floor(nowMs / 1000 / window) * window
  return { start, expires: start + Math.max(2, urlSeconds) }
}
