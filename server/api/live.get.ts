import { z } from 'zod'
import { Cursor } from '../../shared/conversation.ts'
import { Id, newId } from '../../shared/ids.ts'
import { AppError } from '../domain/errors.ts'
import type { Connection } from '../live/connections.ts'
import { greet, hasRoom } from '../live/live.ts'
import { metrics } from '../metrics.ts'
import { defineUserRoute } from '../utils/route.ts'

/** Comments that keep proxies from closing a quiet stream. */
const beatEveryMs = 15_000
const farewellMs = 1000

const Cursors = z.string().max(20_000).transform((text, context) => {
  try {
    return z.record(Id, Cursor).parse(JSON.parse(text))
  }
  catch {
    context.addIssue({ code: 'custom', message: 'must be JSON of message ids and cursors' })
    return z.NEVER
  }
})
/** `id` is that of the answer to following `conversation`. */
const query = z.strictObject({ id: Id.optional(), conversation: Id.optional(), after: z.coerce.number().int().min(0).default(0), cursors: Cursors.optional() })

/** The socket's events as server-sent events (WHATWG HTML §9.2), for where sockets are blocked; commands go to `POST /api/commands`. */
export default defineUserRoute({
  summary: 'Live events of the user, and of one conversation',
  refuses: ['too_many_requests'],
  query, answers: 'text/event-stream',
}, ({ event, user, sessionId, query }) => {
  if (!hasRoom(user)) throw new AppError('too_many_requests')
  const { req, res } = event.node
  const beat = setInterval(() => res.write(': still here\n\n'), beatEveryMs)
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no', 'connection': 'keep-alive' })
  const connection: Connection = {
    id: newId(), user, sessionId, followed: new Map(),
    // JSON has no line breaks, so one event is one `data:` line.
    send: (text) => { if (!res.writableEnded) res.write(`data: ${text}\n\n`) },
    buffered: () => res.writableLength,
    close: () => {
      clearInterval(beat)
      res.end()
      // Who reads nothing would never take the end either.
      setTimeout(() => res.destroy(), farewellMs).unref()
    },
  }
  const talk = greet(connection)
  metrics.streams.inc()
  if (query.conversation)
    talk.hear(JSON.stringify({ type: 'conversation.follow', id: query.id ?? newId(), conversationId: query.conversation, after: query.after, cursors: query.cursors ?? {} }))
  return new Promise<void>((resolve) => {
    req.once('close', () => {
      clearInterval(beat)
      talk.end()
      metrics.streams.dec()
      res.end()
      resolve()
    })
  })
})
