import { z } from 'zod'
import { Id } from './ids.ts'
import { MediaView } from './media.ts'
import { Usage } from './models.ts'

export const roles = ['user', 'assistant'] as const
export type Role = typeof roles[number]

export const messageTypes = ['text', 'image', 'audio', 'video', 'file'] as const

/** A user's message is always `done`; a reply walks waiting → writing (→ retrying → writing) → done, stopped or failed. */
export const statuses = ['waiting', 'writing', 'retrying', 'done', 'stopped', 'failed'] as const
export type Status = typeof statuses[number]
export const openStatuses: readonly Status[] = ['waiting', 'writing', 'retrying']
export const isOpen = (status: Status): boolean => openStatuses.includes(status)

export const limits = {
  /** UTF-16 units of one message's text. */
  contentLength: 200_000,
  titleLength: 200,
  instructionsLength: 20_000,
} as const

const ToolPart = z.object({
  type: z.literal('dynamic-tool'),
  toolName: z.string(),
  toolCallId: z.string(),
  state: z.enum(['input-streaming', 'input-available', 'output-available', 'output-error']),
  input: z.unknown(),
  output: z.unknown().optional(),
  errorText: z.string().optional(),
})

/**
 * A piece of a message, in the AI SDK's UI message form (`UIMessagePart`). Media is named by id, never by address:
 * addresses are signed when read.
 */
export const Part = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string(), state: z.enum(['streaming', 'done']).optional() }),
  z.object({ type: z.literal('reasoning'), text: z.string(), state: z.enum(['streaming', 'done']).optional() }),
  ToolPart,
  z.object({ type: z.literal('source-url'), sourceId: z.string(), url: z.string(), title: z.string().optional() }),
  z.object({ type: z.literal('data-media'), id: z.string(), data: z.object({ mediaId: Id }) }),
  z.object({ type: z.literal('step-start') }),
])
export type Part = z.infer<typeof Part>

export const ProblemView = z.object({ code: z.string(), message: z.string(), field: z.string().optional() })

/** How a model was given one of the user's files: as it is, or what of it the model can take. */
export const MediaGiven = z.object({
  mediaId: Id,
  name: z.string(),
  how: z.enum(['natively', 'as transcript', 'as text', 'as frames', 'left out']),
  /** Number of still pictures, for `as frames`. */
  frames: z.number().optional(),
})
export type MediaGiven = z.infer<typeof MediaGiven>

/** One try at a reply: what the page shows and the operator counts. */
export const Attempt = z.object({
  attempt: z.number(),
  model: z.string(),
  startedAt: z.number(),
  endedAt: z.number(),
  outcome: z.enum(['done', 'stopped', 'failed', 'retrying', 'interrupted']),
  error: ProblemView.nullable(),
  usage: Usage.nullable(),
  /** Of a finished one: how the files of the message were given. */
  mediaGiven: z.array(MediaGiven).optional(),
  /** `length`: the model came to its own limit; `filtered`: the provider's filter ended the text. */
  ended: z.enum(['complete', 'length', 'filtered']).optional(),
})
export type Attempt = z.infer<typeof Attempt>

/** How far a follower has read a reply that is being written. */
export const Cursor = z.strictObject({ epoch: z.int().min(0), n: z.int().min(0) })
export type Cursor = z.infer<typeof Cursor>

/** A message as the browser sees it. Times are epoch milliseconds. */
export const MessageView = z.object({
  id: Id,
  conversationId: Id,
  parentId: Id.nullable(),
  role: z.enum(roles),
  messageType: z.enum(messageTypes),
  /** The text alone. Of a reply that is being written: what was stored so far. */
  content: z.string(),
  parts: z.array(Part),
  media: z.array(MediaView),
  status: z.enum(statuses),
  attempt: z.number(),
  /** Where `parts` ends within the deltas of a reply that is being written. */
  cursor: Cursor,
  model: z.string().nullable(),
  usage: Usage.nullable(),
  error: ProblemView.nullable(),
  attempts: z.array(Attempt),
  nextTryAt: z.number().nullable(),
  /** Place among the waiting replies for the same model, from 1; null when not waiting. */
  position: z.number().nullable(),
  seq: z.number(),
  createdAt: z.number(),
  finishedAt: z.number().nullable(),
})
export type MessageView = z.infer<typeof MessageView>

export const ConversationView = z.object({
  id: Id,
  title: z.string().nullable(),
  model: z.string().nullable(),
  instructions: z.string().nullable(),
  activeMessageId: Id.nullable(),
  pinnedAt: z.number().nullable(),
  archivedAt: z.number().nullable(),
  seq: z.number(),
  createdAt: z.number(),
  updatedAt: z.number(),
  /** True while a reply in it is open. */
  busy: z.boolean(),
})
export type ConversationView = z.infer<typeof ConversationView>

/**
 * A conversation as a page opens it: the end of its active branch, and for each message of it the ids of its
 * siblings (other versions under the same parent, oldest first, itself included).
 */
export const Snapshot = z.object({
  conversation: ConversationView,
  messages: z.array(MessageView),
  siblings: z.record(Id, z.array(Id)),
  /** True when the branch goes on before the first of `messages`. */
  more: z.boolean(),
})
export type Snapshot = z.infer<typeof Snapshot>

/** Some messages of a branch in a row. */
export const MessagePage = Snapshot.omit({ conversation: true }).extend({
  /** True when the branch goes on after the last of `messages`. */
  later: z.boolean(),
  /** False when they stand on another branch than the one that is shown. */
  active: z.boolean(),
})
export type MessagePage = z.infer<typeof MessagePage>
