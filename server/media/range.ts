/**
 * One byte range of RFC 9110 §14. Null: send the whole thing (no Range, several ranges, another unit, or nonsense:
 * all may be ignored). `unsatisfiable`: answer 416.
 */
export function parseRange(header: string | undefined, size: number): { start: number, end: number } | 'unsatisfiable' | null {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? []
  if (from === undefined || to === undefined || from + to === '') return null
  if (from === '') return lastBytes(Number(to), size)
  const start = Number(from)
  if (to !== '' && Number(to) < start) return null
  return start >= size ? 'unsatisfiable' : { start, end: to === '' ? size - 1 : Math.min(Number(to), size - 1) }
}

function lastBytes(wanted: number, size: number) {
  const length = Math.min(wanted, size)
  return length === 0 ? 'unsatisfiable' as const : { start: size - length, end: size - 1 }
}
