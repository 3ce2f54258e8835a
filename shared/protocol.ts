/**
 * The live protocol: the only shapes that cross the socket (`/ws`), the event stream (`GET /api/live`) and
 * `POST /api/commands`. See docs/protocol.md.
 */
import { z } from 'zod'
import { ConversationView, Cursor, MessageView, ProblemView, limits } from './conversation.ts'
import { Chunk } from './chunks.ts'
import { Id } from './ids.ts'
import { MediaView, mediaLimits } from './media.ts'
import { ModelId } from './models.ts'

/** Grows when an older page could no longer talk to a newer server; the page then asks for a reload. */
export const protocolVersion = 1

export const frameLimits = {
  /** Bytes of one frame from the browser. A text of `limits.contentLength` in three-byte letters still fits. */
  maxBytes: 1024 * 1024,
} as const

const command = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.strictObject({ type: z.literal(type), id: Id, ...shape })

const content = z.string().max(limits.contentLength)
const mediaIds = z.array(Id).max(mediaLimits.maxPerMessage)
const hasSomething = (input: { content: string, mediaIds: string[] }) => input.content.trim() !== '' || input.mediaIds.length > 0

export const SendMessage = command('message.send', { conversationId: Id, messageId: Id, replyId: Id, content, mediaIds, model: ModelId.optional() })
export const EditMessage = command('message.edit', { conversationId: Id, editedId: Id, messageId: Id, replyId: Id, content, mediaIds, model: ModelId.optional() })
export const Regenerate = command('reply.regenerate', { conversationId: Id, messageId: Id, replyId: Id, model: ModelId.optional() })
export const RetryReply = command('reply.retry', { conversationId: Id, messageId: Id, model: ModelId.optional() })
export const StopReply = command('reply.stop', { conversationId: Id, messageId: Id })
export const ChangeConversation = command('conversation.change', {
  conversationId: Id,
  title: z.string().trim().min(1).max(limits.titleLength).optional(),
  model: ModelId.optional(),
  instructions: z.string().max(limits.instructionsLength).nullable().optional(),
  pinned: z.boolean().optional(),
  archived: z.boolean().optional(),
  /** Show the branch that leads through this message. */
  activeMessageId: Id.optional(),
})
export const DeleteConversation = command('conversation.delete', { conversationId: Id })

/** Follow a conversation from `after`: all that changed since, then all that changes. `cursors` says how far open replies were read. */
export const Follow = command('conversation.follow', {
  conversationId: Id,
  after: z.int().min(0),
  cursors: z.record(Id, Cursor).refine(cursors => Object.keys(cursors).length <= 100, 'at most 100'),
})
export const Unfollow = command('conversation.unfollow', { conversationId: Id })
export const Ping = command('ping', {})

/** Commands that change something: recorded, so that any number of re-sends has the effect of one. */
export const ChangeCommand = z.discriminatedUnion('type', [
  SendMessage, EditMessage, Regenerate, RetryReply, StopReply, ChangeConversation, DeleteConversation,
]).superRefine((input, context) => {
  if ((input.type === 'message.send' || input.type === 'message.edit') && !hasSomething(input))
    context.addIssue({ code: 'custom', path: ['content'], message: 'a message needs text or a file' })
})
export type ChangeCommand = z.infer<typeof ChangeCommand>

/** Everything a browser may say. */
export const Command = z.union([ChangeCommand, Follow, Unfollow, Ping])
export type Command = z.infer<typeof Command>
export type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>

/** What a change command answers; a re-send gets the same. */
export const Answer = z.object({ conversationId: Id, messageId: Id.optional(), replyId: Id.optional(), seq: z.number() })
export type Answer = z.infer<typeof Answer>

/** One numbered piece of a reply, or several joined (`n` to `upto`). Counted from 1 within an `epoch`, without gaps. */
export const Delta = z.object({ conversationId: Id, messageId: Id, epoch: z.number(), n: z.number(), upto: z.number(), chunks: z.array(Chunk) })
export type Delta = z.infer<typeof Delta>

const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) => z.object({ type: z.literal(type), ...shape })

/** Everything a server may say. */
export const LiveEvent = z.discriminatedUnion('type', [
  /** First on every connection. */
  event('hello', { protocol: z.number(), connectionId: z.string(), now: z.number(), workers: z.number() }),
  event('command.accepted', { id: Id, answer: Answer.nullable() }),
  event('command.refused', { id: Id.nullable(), error: ProblemView }),
  /**
   * Rows that changed with `after` < seq ≤ `conversation.seq`. A follower whose seq is below `after` has a gap and
   * follows again; one that is past `conversation.seq` ignores it. `whole` false: there was more than could be told, open the conversation anew.
   */
  event('conversation.changed', { after: z.number(), conversation: ConversationView, messages: z.array(MessageView), whole: z.boolean() }),
  event('conversation.deleted', { conversationId: Id }),
  /** For the list: sent to every connection of the owner, followed or not. */
  event('conversation.listed', { conversation: ConversationView }),
  event('reply.delta', Delta.shape),
  /** Places of waiting replies changed. */
  event('reply.queued', { conversationId: Id, positions: z.record(Id, z.number()) }),
  event('media.changed', { conversationId: Id.nullable(), media: MediaView }),
  /** How many devices look at this conversation, this one included. */
  event('presence.changed', { conversationId: Id, devices: z.number() }),
  event('workers.changed', { workers: z.number() }),
  /** The server goes away on purpose: reconnect, elsewhere, after `afterMs`. */
  event('come.back', { afterMs: z.number() }),
  event('session.ended', {}),
  event('pong', { id: Id }),
])
export type LiveEvent = z.infer<typeof LiveEvent>
export type EventOf<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>
