/** A log that keeps its lines, for tests about what is (and is not) logged. */
import type { Log } from '../../server/log.ts'

export interface LogLine { level: string, fields: Record<string, unknown>, message: string }
export interface CollectedLog extends Log { lines: LogLine[], said(message: string): LogLine[] }

export function collectLog(lines: LogLine[] = [], bound: object = {}): CollectedLog {
  const at = (level: string) => (fields: unknown, message?: string) => {
    if (typeof fields === 'string') lines.push({ level, fields: { ...bound }, message: fields })
    else lines.push({ level, fields: { ...bound, ...fields as object }, message: message ?? '' })
  }
  const log = {
    lines,
    said: (message: string) => lines.filter(line => line.message === message),
    child: (fields: object) => collectLog(lines, { ...bound, ...fields }),
    ...Object.fromEntries(['fatal', 'error', 'warn', 'info', 'debug'].map(level => [level, at(level)])),
  }
  return log as unknown as CollectedLog
}
