/** One conversation as a person takes it out: read and written message by message, however long it is. */
import { outlineOf, findMessages, type MessageRow } from '../../db/queries/messages.ts'
import { listMediaOfMessages, type MediaRow } from '../../db/queries/media.ts'
import type { ConversationRow } from '../../db/queries/conversations.ts'
import type { ExportedConversation, ExportedFile, ExportedMessage, ExportFormat } from '../../shared/export.ts'
import { bytesInWords } from '../../shared/bytes.ts'
import type { Services } from '../services.ts'
import type { Owned } from './access.ts'

/** Rows that are in memory at once. */
const pageSize = 100

const at = (date: Date): string => date.toISOString()
const atOrNull = (date: Date | null): string | null => date && at(date)

/** Names that every system can keep, in a folder of the file's own. Rows that show the same file name the same place. */
export function pathInArchive({ filePath, name }: Pick<MediaRow, 'filePath' | 'name'>): string {
  const plain = name.replace(/[<>:"/\\|?*\p{Cc}]/gu, '_').replace(/[. ]+$/, '')
  const ending = /\.[^.]{1,16}$/.exec(plain)?.[0] ?? ''
  const bare = plain.slice(0, Math.min(plain.length, 100) - ending.length).toWellFormed()
  return `media/${filePath.split('/')[1] ?? ''}/${bare || 'file'}${ending}`
}

const exportFile = (row: MediaRow): ExportedFile =>
  ({ id: row.id, name: row.name, type: row.type, mime: row.mime, bytes: row.bytes, path: pathInArchive(row), transcript: row.transcript })

const exportMessage = (row: MessageRow, files: readonly MediaRow[]): ExportedMessage => ({
  id: row.id, parentId: row.parentId, role: row.role, content: row.content, parts: row.parts, files: files.map(exportFile),
  status: row.status, model: row.model, usage: row.usage, error: row.error, createdAt: at(row.createdAt), finishedAt: atOrNull(row.finishedAt),
})

/** The messages with these ids, in this order. One that is deleted meanwhile is left out. */
async function* messagesOf({ database: { db } }: Services, ids: readonly string[]): AsyncGenerator<ExportedMessage> {
  for (let from = 0; from < ids.length; from += pageSize) {
    const page = ids.slice(from, from + pageSize)
    const rows = new Map((await findMessages(db, page)).map(row => [row.id, row]))
    const files = Map.groupBy(await listMediaOfMessages(db, page), row => row.messageId)
    for (const id of page) {
      const row = rows.get(id)
      if (row) yield exportMessage(row, files.get(id) ?? [])
    }
  }
}

const head = (row: Owned<ConversationRow>): Omit<ExportedConversation, 'messages'> => ({
  format: 'parley-conversation', version: 1, id: row.id, title: row.title, instructions: row.instructions, model: row.model, activeMessageId: row.activeMessageId,
  pinnedAt: atOrNull(row.pinnedAt), archivedAt: atOrNull(row.archivedAt), createdAt: at(row.createdAt), updatedAt: at(row.updatedAt),
})

/** Every branch. */
async function* asJson(services: Services, conversation: Owned<ConversationRow>): AsyncGenerator<string> {
  const outline = await outlineOf(services.database.db, conversation.id)
  yield `${JSON.stringify(head(conversation)).slice(0, -1)},"messages":[`
  let between = '\n'
  for await (const message of messagesOf(services, outline.map(({ id }) => id))) {
    yield between + JSON.stringify(message)
    between = ',\n'
  }
  yield '\n]}\n'
}

/** Ids from the beginning to the last message of the branch that is shown. */
function shownBranch(outline: readonly { id: string, parentId: string | null }[], leaf: string | null): string[] {
  const parents = new Map(outline.map(({ id, parentId }) => [id, parentId]))
  const ids: string[] = []
  for (let id = leaf; id !== null && parents.has(id); id = parents.get(id) ?? null) ids.push(id)
  return ids.reverse()
}

/** What a person reads on the page: the branch that is shown. Addresses lead to the files beside it in the archive. */
async function* asMarkdown(services: Services, conversation: Owned<ConversationRow>, toFiles: string): AsyncGenerator<string> {
  const line = (text: string) => text.replace(/\s+/g, ' ').replace(/[[\]\\`*_<>#]/g, '\\$&')
  yield `# ${line(conversation.title ?? 'Conversation')}\n`
  if (conversation.instructions) yield `\n> Instructions: ${line(conversation.instructions)}\n`
  const outline = await outlineOf(services.database.db, conversation.id)
  for await (const message of messagesOf(services, shownBranch(outline, conversation.activeMessageId))) {
    yield `\n## ${message.role === 'user' ? 'You' : line(message.model ?? 'Reply')} · ${message.createdAt.slice(0, 16).replace('T', ' ')} UTC\n`
    if (message.content.trim()) yield `\n${message.content.trim()}\n`
    for (const file of message.files) yield `\n- [${line(file.name)}](${encodeURI(toFiles + file.path)}) (${line(file.mime)}, ${bytesInWords(file.bytes)})\n`
    if (message.status !== 'done') yield `\n*${message.error ? line(message.error.message) : 'Not finished.'}*\n`
  }
}

/** The text of a conversation that was checked. `toFiles`: the way from where it will lie to the top of the archive. */
export const exportText = (services: Services, conversation: Owned<ConversationRow>, format: ExportFormat, toFiles = ''): AsyncGenerator<string> =>
  format === 'json' ? asJson(services, conversation) : asMarkdown(services, conversation, toFiles)

/** A file name for a conversation, without its ending. */
export function exportName({ title, createdAt }: Pick<ConversationRow, 'title' | 'createdAt'>): string {
  const words = (title ?? '').normalize('NFC').replace(/[^\p{L}\p{M}\p{N}]+/gu, '-').slice(0, 60).replace(/^-+|-+$/g, '').toWellFormed()
  return `${at(createdAt).slice(0, 10)}-${words || 'conversation'}`
}
