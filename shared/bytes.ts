const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** A size for people, in steps of 1,024: `0 bytes`, `1 byte`, `1.5 kB`, `20 GB`. */
export function bytesInWords(bytes: number): string {
  if (bytes === 1) return '1 byte'
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const amount = bytes / 1024 ** step
  return `${amount < 10 && step > 0 ? Math.round(amount * 10) / 10 : Math.round(amount)} ${units[step]}`
}
