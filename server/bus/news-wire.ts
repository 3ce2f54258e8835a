/**
 * News as NOTIFY payloads and back. A payload is below 8,000 bytes: deltas are packed into as few as hold them, in order;
 * what is larger than one payload travels in parts. JSON writes NUL and lone surrogates as escapes, which text columns
 * and NOTIFY would refuse as they are.
 *
 * Payload: publisher, then `d` and a JSON array of deltas as arrays | `n` and a piece of news | `g` (there was a loss) |
 * `p`, number, count, and a slice of a payload in base64.
 */
import type { Delta } from '../../shared/protocol.ts'
import type { News } from './bus.ts'

/** Of the 7,999 bytes that Postgres takes, some are left for what is put around. */
const roomBytes = 7800
/** Base64 letters in a part. */
const partLetters = 7600
/** Larger news (about 2.8 MB) is not sent: a follower reads it from the store. */
export const mostParts = 500

export type Wired = { kind: 'news', news: News } | { kind: 'gap' } | { kind: 'part', publisher: string, at: number, of: number, slice: string }

const packDelta = ({ conversationId, messageId, epoch, n, upto, chunks }: Delta) => JSON.stringify([conversationId, messageId, epoch, n, upto, chunks])
const unpackDelta = ([conversationId, messageId, epoch, n, upto, chunks]: [string, string, number, number, number, Delta['chunks']]): Delta =>
  ({ conversationId, messageId, epoch, n, upto, chunks })

function inParts(publisher: string, payload: string): string[] {
  const letters = Buffer.from(payload).toString('base64')
  const of = Math.ceil(letters.length / partLetters)
  if (of > mostParts) return []
  return Array.from({ length: of }, (_, at) => `${publisher}p${at} ${of} ${letters.slice(at * partLetters, (at + 1) * partLetters)}`)
}

const fitted = (publisher: string, payload: string): string[] =>
  Buffer.byteLength(payload) <= roomBytes ? [payload] : inParts(publisher, payload)

function deltaPayloads(publisher: string, deltas: readonly Delta[]): string[] {
  const payloads: string[] = []
  let packed: string[] = []
  let bytes = 0
  const flush = () => {
    if (packed.length > 0) payloads.push(...fitted(publisher, `${publisher}d[${packed.join(',')}]`))
    packed = []
    bytes = 0
  }
  for (const delta of deltas) {
    const text = packDelta(delta)
    const size = Buffer.byteLength(text) + 1
    if (bytes + size > roomBytes - publisher.length - 3) flush()
    packed.push(text)
    bytes += size
  }
  flush()
  return payloads
}

/** The payloads that carry `news`, in order. Empty when it is too large to be carried. `publisher` has 22 letters. */
export const toPayloads = (publisher: string, news: News): string[] =>
  news.type === 'deltas' ? deltaPayloads(publisher, news.deltas) : fitted(publisher, `${publisher}n${JSON.stringify(news)}`)

export const gapPayload = (publisher: string): string => `${publisher}g`

export const publisherLength = 22
export const publisherOf = (payload: string): string => payload.slice(0, publisherLength)

/** @throws SyntaxError when it is no payload of ours. */
export function readPayload(payload: string): Wired {
  const body = payload.slice(publisherLength + 1)
  switch (payload[publisherLength]) {
    case 'd': return { kind: 'news', news: { type: 'deltas', deltas: (JSON.parse(body) as Parameters<typeof unpackDelta>[0][]).map(unpackDelta) } }
    case 'n': return { kind: 'news', news: JSON.parse(body) as News }
    case 'g': return { kind: 'gap' }
    case 'p': {
      const [at, of, slice = ''] = body.split(' ')
      return { kind: 'part', publisher: publisherOf(payload), at: Number(at), of: Number(of), slice }
    }
    default: throw new SyntaxError('not a payload of this bus')
  }
}

/** Puts parts together again. One that is missing makes the rest useless: it is forgotten, as a lost message would be. */
export class Parts {
  readonly #waiting = new Map<string, string[]>()

  /** The whole payload, when this was its last part. */
  add({ publisher, at, of, slice }: Extract<Wired, { kind: 'part' }>): string | null {
    const slices = at === 0 ? [] : this.#waiting.get(publisher) ?? []
    this.#waiting.delete(publisher)
    if (slices.length !== at) return null
    slices.push(slice)
    if (slices.length === of) return Buffer.from(slices.join(''), 'base64').toString()
    this.#waiting.set(publisher, slices)
    return null
  }

  clear(): void {
    this.#waiting.clear()
  }
}
