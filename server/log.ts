/** Structured log lines (JSON on stdout). Never content, keys, cookies or signed addresses: only ids, codes and numbers. */
import pino from 'pino'

export type Log = Pick<pino.Logger, 'info' | 'warn' | 'error' | 'debug' | 'child' | 'fatal'>

export const openLog = (level: string): Log => pino({
  level,
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  // An error is told by name, message and stack. Its other fields can hold what a provider or a request said.
  serializers: { err: (error: unknown) => error instanceof Error ? { type: error.name, message: error.message, stack: error.stack } : { message: String(error) } },
})
