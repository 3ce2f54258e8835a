/** What a person takes out: one conversation, or all of theirs. Times are ISO 8601, since people and other programs read it. */
import { z } from 'zod'
import { Part, ProblemView, roles, statuses } from './conversation.ts'
import { Id } from './ids.ts'
import { mediaTypes } from './media.ts'
import { Usage } from './models.ts'

export const exportFormats = ['markdown', 'json'] as const
export type ExportFormat = typeof exportFormats[number]

const moment = z.iso.datetime()

export const ExportedFile = z.object({
  id: Id,
  name: z.string(),
  type: z.enum(mediaTypes),
  mime: z.string(),
  bytes: z.number(),
  /** Where it lies in the archive of everything; a conversation that is exported by itself has no files beside it. */
  path: z.string(),
  transcript: z.array(z.object({ fromMs: z.number(), toMs: z.number(), text: z.string() })).nullable(),
})
export type ExportedFile = z.infer<typeof ExportedFile>

export const ExportedMessage = z.object({
  id: Id,
  /** What it follows; messages under one parent are versions of each other. */
  parentId: Id.nullable(),
  role: z.enum(roles),
  content: z.string(),
  parts: z.array(Part),
  files: z.array(ExportedFile),
  status: z.enum(statuses),
  model: z.string().nullable(),
  usage: Usage.nullable(),
  error: ProblemView.nullable(),
  createdAt: moment,
  finishedAt: moment.nullable(),
})
export type ExportedMessage = z.infer<typeof ExportedMessage>

/** A conversation with every branch of it, in the order in which messages were made. */
export const ExportedConversation = z.object({
  format: z.literal('parley-conversation'),
  version: z.literal(1),
  id: Id,
  title: z.string().nullable(),
  instructions: z.string().nullable(),
  model: z.string().nullable(),
  /** The last message of the branch that is shown. */
  activeMessageId: Id.nullable(),
  pinnedAt: moment.nullable(),
  archivedAt: moment.nullable(),
  createdAt: moment,
  updatedAt: moment,
  messages: z.array(ExportedMessage),
})
export type ExportedConversation = z.infer<typeof ExportedConversation>
