/** Cron's five fields in UTC: `*`, numbers, lists, ranges and steps. The days follow cron: when both are limited, either may match. */

const bounds = [[0, 59], [0, 23], [1, 31], [1, 12], [0, 6]] as const

/** The values of one part of a list: `*`, `a`, `a-b`, each with an optional `/step`. */
function range(part: string, [least, most]: readonly [number, number]): number[] {
  const [, span = 'none', step = '1'] = /^(\*|\d+|\d+-\d+)(?:\/(\d+))?$/.exec(part) ?? []
  const [from = Number.NaN, to = part.includes('/') ? most : from] = span === '*' ? [least, most] : span.split('-').map(Number)
  const fits = from >= least && to <= most && from <= to && Number(step) >= 1
  if (!fits) throw new Error(`Not a part of a cron expression: ${part}`)
  return Array.from({ length: Math.floor((to - from) / Number(step)) + 1 }, (_, at) => from + at * Number(step))
}

const field = (text: string, bound: readonly [number, number]): ReadonlySet<number> =>
  new Set(text.split(',').flatMap(part => range(part, bound)))

/**
 * The first minute after `after` that fits, as a Date.
 * @throws Error when the expression is wrong or fits no minute within five years.
 */
export function nextRun(expression: string, after: Date): Date {
  const texts = expression.trim().split(/\s+/)
  if (texts.length !== 5) throw new Error(`Not a cron expression: ${expression}`)
  const [minutes, hours, dates, months, weekdays] = bounds.map((bound, at) => field(texts[at] ?? '', bound)) as [ReadonlySet<number>, ReadonlySet<number>, ReadonlySet<number>, ReadonlySet<number>, ReadonlySet<number>]
  const eitherDay = texts[2] !== '*' && texts[4] !== '*'
  const isDay = (at: Date) => {
    const byDate = dates.has(at.getUTCDate())
    const byWeekday = weekdays.has(at.getUTCDay())
    return months.has(at.getUTCMonth() + 1) && (eitherDay ? byDate || byWeekday : byDate && byWeekday)
  }
  const at = new Date(after)
  at.setUTCSeconds(0, 0)
  at.setUTCMinutes(at.getUTCMinutes() + 1)
  const last = after.getTime() + 5 * 366 * 86_400_000
  while (at.getTime() <= last) {
    if (!isDay(at)) at.setUTCHours(24, 0, 0, 0)
    else if (!hours.has(at.getUTCHours())) at.setUTCHours(at.getUTCHours() + 1, 0, 0, 0)
    else if (!minutes.has(at.getUTCMinutes())) at.setUTCMinutes(at.getUTCMinutes() + 1)
    else return at
  }
  throw new Error(`Never: ${expression}`)
}
