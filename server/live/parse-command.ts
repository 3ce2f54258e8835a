/** Frames from outside, made commands or refused. */
import type { z } from 'zod'
import { ChangeCommand, Command, frameLimits } from '../../shared/protocol.ts'
import { AppError } from '../domain/errors.ts'

const connectionCommands = new Set<unknown>(['conversation.follow', 'conversation.unfollow', 'ping'])

/** Of a union's complaint, the one about the alternative that was meant. */
function deepest(issues: readonly z.core.$ZodIssue[]): { message: string, path: PropertyKey[] } {
  const [first] = issues
  if (first?.code === 'invalid_union') {
    const meant = first.errors.find(list => list.length > 0 && !list.some(issue => issue.path[0] === 'type'))
    if (meant) return deepest(meant)
  }
  return { message: first?.message ?? 'it does not fit', path: [...(first?.path ?? [])] }
}

/** A command. @throws AppError `invalid_input` naming the field. */
export function parseCommand(value: unknown): Command {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined
  const schema: z.ZodType<Command> = connectionCommands.has(type) ? Command : ChangeCommand
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { message, path } = deepest(parsed.error.issues)
  throw new AppError('invalid_input', { details: { problem: message }, ...(path.length > 0 ? { field: path.join('.') } : {}) })
}

/** JSON of a frame. @throws AppError `too_large` or `invalid_input`. */
export function parseFrame(text: string): unknown {
  if (Buffer.byteLength(text) > frameLimits.maxBytes) throw new AppError('too_large')
  try {
    return JSON.parse(text)
  }
  catch (cause) {
    throw new AppError('invalid_input', { details: { problem: 'it is not JSON' }, cause })
  }
}

/** The id of what should be a command, so that a refusal finds its way; only when it looks like one. */
export const idOf = (value: unknown): string | null =>
  typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string' && /^[0-9a-f-]{36}$/.test(value.id) ? value.id : null
