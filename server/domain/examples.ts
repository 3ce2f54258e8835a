/** Example conversations for somebody who wants to look around. Any number of times has the effect of one. */
import { createHash } from 'node:crypto'
import { buried } from '../../db/queries/commands.ts'
import { startConversation, takeSeq } from '../../db/queries/conversations.ts'
import { changeMessage, findMessage, insertMessages } from '../../db/queries/messages.ts'
import type { Tx } from '../../db/database.ts'
import type { Part } from '../../shared/conversation.ts'
import { exampleConversations, type ExampleConversation, type ExampleFile } from '../examples/conversations.ts'
import type { Services } from '../services.ts'
import type { SessionUser } from './access.ts'
import { storeModelMedia } from './media.ts'

type Owner = Pick<SessionUser, 'id'>

/** The model that is named as the writer of the examples. */
const writer = 'demo:parley'

/** A UUIDv7 (RFC 9562 §5.7) that is always the same for the same words; its time is the first of 2026. */
function derivedId(...words: (string | number)[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(words)).digest().subarray(0, 16)
  bytes.writeUIntBE(Date.UTC(2026, 0, 1), 0, 6)
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0F), 6)
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3F), 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The id this example has now. What was deleted stays deleted, so after that it is made anew under another one. */
async function presentId(tx: Tx, user: Owner, example: ExampleConversation): Promise<string> {
  for (let round = 0; ; round++) {
    const id = derivedId(user.id, example.name, round)
    if ((await buried(tx, [id])).length === 0) return id
  }
}

const idOf = (conversationId: string, exchange: number, side: 'asked' | 'answered') => derivedId(conversationId, exchange, side)
const textPart = (text: string): Part[] => [{ type: 'text', text, state: 'done' }]

/** All rows of one example but its files; nothing when it is there. */
async function writeRows(tx: Tx, user: Owner, example: ExampleConversation): Promise<{ id: string, seq: number | null }> {
  const id = await presentId(tx, user, example)
  if (!await startConversation(tx, { id, userId: user.id, title: example.title, titledBy: 'person', model: null })) return { id, seq: null }
  let parentId: string | null = null
  let seq = 0
  for (const [at, { asked, answered }] of example.exchanges.entries()) {
    const [askedId, answeredId] = [idOf(id, at, 'asked'), idOf(id, at, 'answered')]
    seq = (await takeSeq(tx, id, { activeMessageId: answeredId, updatedAt: new Date() }))?.seq ?? seq
    const common = { conversationId: id, status: 'done' as const, seq, bornSeq: seq, finishedAt: new Date() }
    await insertMessages(tx, [
      { ...common, id: askedId, parentId, role: 'user', content: asked, parts: textPart(asked) },
      { ...common, id: answeredId, parentId: askedId, role: 'assistant', content: answered, parts: textPart(answered), model: writer, attempt: 1 },
    ])
    parentId = answeredId
  }
  return { id, seq }
}

/** Stores a file with its message, unless the message has it. */
async function addFile(services: Services, user: Owner, messageId: string, file: ExampleFile): Promise<void> {
  const { db } = services.database
  const message = await findMessage(db, messageId)
  if (!message || message.filePath !== null) return
  const mediaId = await storeModelMedia(services, { userId: user.id, messageId, bytes: await file.bytes(), mime: file.mime, name: file.name })
  const seq = await db.transaction(async (tx) => {
    const conversation = await takeSeq(tx, message.conversationId)
    if (!conversation) return null
    const parts: Part[] = message.role === 'assistant' ? [...message.parts, { type: 'data-media', id: mediaId, data: { mediaId } }] : message.parts
    await changeMessage(tx, messageId, { parts, filePath: `${user.id}/${mediaId}/original`, seq: conversation.seq })
    return conversation.seq
  })
  if (seq !== null) await services.bus.publish({ type: 'changed', conversationId: message.conversationId, userId: user.id, seq })
}

/** Makes what is missing of the examples. @returns the ids of their conversations. */
export async function seedExamples(services: Services, user: Owner): Promise<string[]> {
  const ids: string[] = []
  for (const example of exampleConversations) {
    const { id, seq } = await services.database.db.transaction(tx => writeRows(tx, user, example))
    if (seq !== null) await services.bus.publish({ type: 'changed', conversationId: id, userId: user.id, seq })
    for (const [at, { askedWith, answeredWith }] of example.exchanges.entries()) {
      if (askedWith) await addFile(services, user, idOf(id, at, 'asked'), askedWith)
      if (answeredWith) await addFile(services, user, idOf(id, at, 'answered'), answeredWith)
    }
    ids.push(id)
  }
  return ids
}
