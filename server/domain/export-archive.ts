/**
 * Everything of one person as a ZIP archive, made while it is sent: conversations as Markdown and JSON, files as they are.
 * One entry is open at a time, so memory doesn't grow with what there is.
 */
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import { conversationsFrom, type ConversationRow } from '../../db/queries/conversations.ts'
import { mediaFrom, type MediaRow } from '../../db/queries/media.ts'
import type { Services } from '../services.ts'
import { asOwn, type SessionUser } from './access.ts'
import { AppError } from './errors.ts'
import { exportName, exportText, pathInArchive } from './export.ts'

const pageSize = 100

/** All rows of the user, a page at a time, by id. */
async function* pages<T extends { id: string }>(next: (after: string) => Promise<T[]>): AsyncGenerator<T> {
  for (let after = '', page = await next(after); page.length > 0; page = await next(after)) {
    yield* page
    after = page.at(-1)?.id ?? ''
  }
}

type Add = (source: Readable, path: string, options?: { compress?: boolean, mtime?: Date }) => Promise<void>

async function addConversation(services: Services, user: SessionUser, row: ConversationRow, add: Add): Promise<void> {
  const conversation = asOwn(row, user)
  // The id makes two of one day and title two folders.
  const folder = `conversations/${exportName(row)}-${row.id.slice(-6)}`
  await add(Readable.from(exportText(services, conversation, 'markdown', '../../')), `${folder}/conversation.md`, { mtime: row.updatedAt })
  await add(Readable.from(exportText(services, conversation, 'json')), `${folder}/conversation.json`, { mtime: row.updatedAt })
}

/** What a file consists of, by place in the archive: itself, or the pieces of a reading. */
function objectsOf(row: MediaRow): { key: string, path: string }[] {
  if (row.spokenOf === null) return [{ key: row.filePath, path: pathInArchive(row) }]
  return (row.derived.pieces ?? []).map((key, at) => ({ key, path: `media/${row.id}/read-aloud-${at + 1}${/\.\w+$/.exec(key)?.[0] ?? ''}` }))
}

async function addFile({ store }: Services, row: MediaRow, add: Add): Promise<void> {
  for (const { key, path } of objectsOf(row)) {
    try {
      // What it is, is compressed already as a rule; what isn't, is small.
      await add(await store.read(key), path, { compress: false, mtime: row.createdAt })
    }
    catch (error) {
      // Deleted a moment ago.
      if (!(error instanceof AppError) || error.code !== 'media_not_found') throw error
    }
  }
}

async function fill(services: Services, user: SessionUser, add: Add): Promise<void> {
  const { db } = services.database
  const about = { format: 'parley-archive', version: 1, exportedAt: new Date().toISOString(), user: { username: user.username, name: user.name, guest: user.guest } }
  await add(Readable.from([`${JSON.stringify(about, null, 2)}\n`]), 'account.json')
  for await (const row of pages(after => conversationsFrom(db, user.id, after, pageSize))) await addConversation(services, user, row, add)
  const added = new Set<string>()
  for await (const row of pages(after => mediaFrom(db, user.id, after, pageSize))) {
    if (row.status === 'uploading' || added.has(row.filePath)) continue
    added.add(row.filePath)
    await addFile(services, row, add)
  }
}

/**
 * The archive as a stream. It breaks off when the person's session ends: what was being sent must not go on.
 * @param sessionId whose end ends it
 */
export function exportEverything(services: Services, user: SessionUser, sessionId: string): Readable {
  const zip = new ZipFile()
  const output = zip.outputStream as Readable
  const unsubscribe = services.bus.subscribe((news) => {
    if ((news.type === 'session.ended' && news.sessionId === sessionId) || (news.type === 'user.ended' && news.userId === user.id)) output.destroy(new AppError('not_signed_in'))
  })
  output.once('close', unsubscribe)
  zip.once('error', (error: unknown) => output.destroy(error as Error))
  const add: Add = async (source, path, options = {}) => {
    if (output.destroyed) throw new Error('Nobody takes the archive any more')
    const gone = () => source.destroy()
    output.once('close', gone)
    try {
      const over = once(source, 'close')
      zip.addReadStream(source, path, { mode: 0o100600, ...options })
      await over
    }
    finally { output.off('close', gone) }
  }
  fill(services, user, add).then(() => zip.end(), (error: unknown) => output.destroy(error as Error))
  return output
}
