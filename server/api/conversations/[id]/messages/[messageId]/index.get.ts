import { z } from 'zod'
import { MessageView } from '../../../../../../shared/conversation.ts'
import { Id } from '../../../../../../shared/ids.ts'
import { readMessage } from '../../../../../domain/conversations.ts'
import { waitForReply } from '../../../../../live/wait-for-reply.ts'
import { defineUserRoute } from '../../../../../utils/route.ts'

/** Below the minute after which proxies take a silent request for dead. */
const longestWait = 50
/** `wait`: seconds to wait for an open reply's end. Whoever gets one that is still open asks again. */
const query = z.strictObject({ wait: z.coerce.number().int().min(0).max(longestWait).default(0) })

/** For programs without a socket or stream: send, then ask for the reply until its status says `done`, `stopped` or `failed`. */
export default defineUserRoute({
  summary: 'A message; with `wait`, a reply as soon as it has ended',
  refuses: ['conversation_not_found', 'message_not_found', 'too_many_requests'],
  params: z.strictObject({ id: Id, messageId: Id }), query, answer: z.object({ message: MessageView }),
}, async ({ services, event, user, sessionId, params, query }) => {
  const read = () => readMessage(services, user, params.id, params.messageId)
  if (query.wait === 0) return { message: await read() }
  return { message: await waitForReply({ user, sessionId }, read, { conversationId: params.id, waitMs: query.wait * 1000, response: event.node.res }) }
})
