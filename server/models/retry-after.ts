/** How long a provider asks us to wait. Facts: RFC 9110 §10.2.3; OpenAI's `x-ratelimit-reset-*` ("1s", "6m0s", "20ms"). */

const hour = 3_600_000
const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: hour }

/** "6m0s" → 360000; null when it is no such duration. */
function durationMs(text: string): number | null {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return null
  let sum = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) sum += Number(amount) * (units[unit ?? ''] ?? 0)
  return sum
}

function fromSeconds(text: string, now: number): number | null {
  const seconds = Number(text)
  if (text.trim() === '' || !Number.isFinite(seconds)) return null
  // A reset told as a moment, not a span: no span is 30 years long.
  return seconds > 1e9 ? seconds * 1000 - now : seconds * 1000
}

/**
 * Milliseconds to wait, 0 to one hour; null when the headers (names in lower case) say nothing usable. A plain
 * `retry-after` is believed first, the reset of a spent limit last.
 */
export function retryAfterOf(headers: Record<string, string> | undefined, now = Date.now()): number | null {
  if (!headers) return null
  const clamp = (ms: number) => Math.min(Math.max(Math.ceil(ms), 0), hour)
  const ms = Number(headers['retry-after-ms'] ?? Number.NaN)
  if (Number.isFinite(ms)) return clamp(ms)
  const after = headers['retry-after']
  if (after !== undefined) {
    const wait = fromSeconds(after, now) ?? Date.parse(after) - now
    if (Number.isFinite(wait)) return clamp(wait)
  }
  const resets = ['requests', 'tokens'].filter(what => headers[`x-ratelimit-remaining-${what}`] === '0').map(what => headers[`x-ratelimit-reset-${what}`])
  const waits = [...resets, headers['x-ratelimit-reset']].flatMap((reset) => {
    const wait = reset === undefined ? null : durationMs(reset) ?? fromSeconds(reset, now)
    return wait === null ? [] : [wait]
  })
  return waits.length ? clamp(Math.max(...waits)) : null
}
