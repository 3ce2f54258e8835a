/** Numbers as people say them. Pure. */

/** `1.4 MB`; steps of 1,000, as file managers and sellers of disks count. */
export function sayBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1
  return `${value.toFixed(digits)} ${units[unit]}`
}

/** `3 minutes ago`, `yesterday`. */
export function sayAgo(at: number, now: number): string {
  const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
  const seconds = Math.round((at - now) / 1000)
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400], ['hour', 3_600], ['minute', 60]]
  for (const [unit, size] of steps) if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit)
  return 'just now'
}

/** A browser and a system, from what a browser calls itself; close enough to recognise one's own. */
export function sayDevice(userAgent: string | null): string {
  if (!userAgent) return 'Unknown device'
  const find = (names: [RegExp, string][], otherwise: string) => names.find(([form]) => form.test(userAgent))?.[1] ?? otherwise
  const browser = find([[/Edg\//, 'Edge'], [/Firefox\//, 'Firefox'], [/Chrom(e|ium)\//, 'Chrome'], [/Safari\//, 'Safari'], [/curl|node|undici/i, 'A program']], 'A browser')
  const system = find([[/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'], [/Linux/, 'Linux']], '')
  return system ? `${browser} on ${system}` : browser
}

/** A text in pieces, by the places in it that are marked. */
export function piecesOf(text: string, marks: readonly (readonly [number, number])[]): { text: string, marked: boolean }[] {
  const ends = [0, ...marks.flat(), text.length]
  return ends.slice(1).map((end, at) => ({ text: text.slice(ends[at], end), marked: at % 2 === 1 })).filter(piece => piece.text !== '')
}
