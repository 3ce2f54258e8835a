/** Reading what a request says, with limits, before any schema sees it. */
import { getHeader, getRequestURL, readRawBody, type H3Event } from 'h3'
import { AppError } from '../domain/errors.ts'

/** Bytes of a JSON body unless a route says otherwise. */
export const defaultMaxBytes = 64 * 1024
const maxDepth = 32
/** Keys that mean something to JavaScript itself; no schema of ours has them. */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype'])

const malformed = (problem: string, field?: string) => new AppError('invalid_input', { details: { problem }, ...(field ? { field } : {}) })

/** Collects the body, and gives up at the first byte too many: what a client says of its length is not believed. */
async function readBytes(event: H3Event, maxBytes: number): Promise<Buffer> {
  if (Number(getHeader(event, 'content-length') ?? 0) > maxBytes) throw new AppError('too_large')
  const request = event.node.req as typeof event.node.req & { body?: unknown, rawBody?: unknown }
  // Some platforms, and Nitro's own internal calls, hand the body over already read.
  if (request.body !== undefined || request.rawBody !== undefined) {
    const bytes = await readRawBody(event, false) ?? Buffer.alloc(0)
    if (bytes.byteLength > maxBytes) throw new AppError('too_large')
    return Buffer.from(bytes)
  }
  const pieces: Buffer[] = []
  let total = 0
  for await (const piece of request) {
    total += (piece as Buffer).byteLength
    if (total > maxBytes) throw new AppError('too_large')
    pieces.push(piece as Buffer)
  }
  return Buffer.concat(pieces)
}

/** Walks without recursion, so that depth costs no stack. */
function checkShape(value: unknown): void {
  const open: { value: unknown, depth: number }[] = [{ value, depth: 0 }]
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.depth > maxDepth) throw malformed('it is nested too deeply')
    if (typeof next.value !== 'object' || next.value === null) continue
    for (const [key, inner] of Object.entries(next.value)) {
      if (forbiddenKeys.has(key)) throw malformed(`“${key}” cannot be a key`, key)
      open.push({ value: inner, depth: next.depth + 1 })
    }
  }
}

/**
 * The JSON body of a request.
 * @throws AppError `invalid_input` unless it says and is JSON (UTF-8), `too_large` past `maxBytes`.
 */
export async function readJson(event: H3Event, maxBytes: number): Promise<unknown> {
  const type = (getHeader(event, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') throw malformed('the body has to be JSON, with content-type: application/json')
  const bytes = await readBytes(event, maxBytes)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  }
  catch {
    throw malformed('the body is not valid JSON')
  }
  checkShape(value)
  return value
}

/** The query as plain text by name. A parameter that comes twice is refused: two readers could each believe another one. */
export function readQuery(event: H3Event): Record<string, string> {
  const query: Record<string, string> = {}
  for (const [name, value] of getRequestURL(event).searchParams) {
    if (forbiddenKeys.has(name)) throw malformed(`“${name}” cannot be a parameter`, name)
    if (Object.hasOwn(query, name)) throw malformed(`“${name}” is there more than once`, name)
    query[name] = value
  }
  return query
}
