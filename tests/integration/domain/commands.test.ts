import { expect, test } from 'vitest'
import type { Tx } from '../../../db/database.ts'
import { newId } from '../../../shared/ids.ts'
import type { ChangeCommand } from '../../../shared/protocol.ts'
import { runCommand } from '../../../server/domain/commands.ts'
import { listConversations, openConversation, readMessages } from '../../../server/domain/conversations.ts'
import type { Services } from '../../../server/services.ts'
import { dialects } from '../../support/database.ts'
import { makeUser, sending } from '../../support/domain.ts'
import { withServices } from '../../support/services.ts'

async function counts({ database: { db, tables }, queue }: Services) {
  const [messages, conversations, commands] = await Promise.all([db.select().from(tables.message), db.select().from(tables.conversation), db.select().from(tables.command)])
  return { messages: messages.length, conversations: conversations.length, commands: commands.length, jobs: (await queue.status()).ready }
}

type Run = (...statement: unknown[]) => unknown
/** What drizzle runs a transaction's statements through: SQLite's is a function, Postgres' has one, and is another in each transaction. */
interface Runner { session: { client: Run | { unsafe: Run } } }

/** A transaction whose `at`-th statement fails, as when the process or the database dies there. */
function failingAt(services: Services, at: number): { services: Services, steps: () => number } {
  let step = 0
  const counted = (run: Run): Run => (...statement) => {
    if (++step === at) throw new Error('The power went')
    return run(...statement)
  }
  const watch = (body: (tx: Tx) => Promise<unknown>) => async (tx: Tx) => {
    const { session } = tx as unknown as Runner
    const { client } = session
    if ('unsafe' in client) client.unsafe = counted(client.unsafe)
    else session.client = counted(client)
    try { return await body(tx) }
    finally { session.client = client }
  }
  const db = new Proxy(services.database.db, {
    get: (target, key) => key === 'transaction'
      ? (body: (tx: Tx) => Promise<unknown>) => target.transaction(watch(body))
      : Reflect.get(target, key),
  })
  return { services: { ...services, database: { ...services.database, db } }, steps: () => step }
}

for (const dialect of dialects) {
  test(`${dialect}: the same command ten times at once is one message, one reply, one job and one answer`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const command = sending()
    const answers = await Promise.all(Array.from({ length: 10 }, () => runCommand(services, user, command)))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(await counts(services)).toEqual({ messages: 2, conversations: 1, commands: 1, jobs: 1 })
  }))

  test(`${dialect}: the same ids under another command id are the same message`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const command = sending()
    const first = await runCommand(services, user, command)
    expect(await runCommand(services, user, { ...command, id: newId() })).toEqual(first)
    expect(await counts(services)).toMatchObject({ messages: 2, jobs: 1 })
  }))

  test(`${dialect}: a model that only draws is for one message: the conversation goes on with its own`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const command = sending({ content: 'a boat', model: 'demo:picture' })
    await runCommand(services, user, command)
    const { conversation, messages } = await openConversation(services, user, command.conversationId)
    expect([conversation.model, messages[1]?.model]).toEqual(['demo:parley', 'demo:picture'])
    await expect(runCommand(services, user, { type: 'conversation.change', id: newId(), conversationId: command.conversationId, model: 'demo:picture' })).rejects.toMatchObject({ code: 'model_not_found', field: 'model' })
  }))

  test(`${dialect}: ids of somebody else are refused and tell nothing`, () => withServices(dialect, async ({ services }) => {
    const [user, other] = [await makeUser(services), await makeUser(services)]
    const command = sending()
    await runCommand(services, user, command)
    await expect(runCommand(services, other, command)).rejects.toMatchObject({ code: 'id_not_usable' })
    await expect(runCommand(services, other, { ...sending(), conversationId: command.conversationId })).rejects.toMatchObject({ code: 'conversation_not_found' })
    await expect(runCommand(services, other, { ...sending(), messageId: command.messageId })).rejects.toMatchObject({ code: 'id_not_usable' })
    await expect(runCommand(services, other, { ...sending(), replyId: command.replyId })).rejects.toMatchObject({ code: 'id_not_usable' })
    expect(await counts(services)).toMatchObject({ messages: 2, conversations: 1, commands: 1, jobs: 1 })
  }))

  test(`${dialect}: what was deleted stays deleted, whatever comes late`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const command = sending()
    await runCommand(services, user, command)
    const remove: ChangeCommand = { type: 'conversation.delete', id: newId(), conversationId: command.conversationId }
    await runCommand(services, user, remove)
    await runCommand(services, user, remove)
    await runCommand(services, user, { ...remove, id: newId() })
    await runCommand(services, user, command)
    await expect(runCommand(services, user, { ...command, id: newId() })).rejects.toMatchObject({ code: 'deleted' })
    await expect(runCommand(services, user, { ...sending(), messageId: command.messageId })).rejects.toMatchObject({ code: 'deleted' })
    expect(await counts(services)).toMatchObject({ messages: 0, conversations: 0 })
  }))

  test(`${dialect}: a send that fails at any statement leaves nothing behind, and works when sent again`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const whole = failingAt(services, Infinity)
    await runCommand(whole.services, user, sending())
    const before = await counts(services)
    expect(whole.steps()).toBeGreaterThan(6)
    const command = sending()
    for (let at = 1; at <= whole.steps(); at++) {
      await expect(runCommand(failingAt(services, at).services, user, command), `statement ${at}`).rejects.toThrow('The power went')
      expect(await counts(services), `statement ${at}`).toEqual(before)
    }
    await runCommand(services, user, command)
    expect(await counts(services)).toEqual({ messages: 4, conversations: 2, commands: 2, jobs: 2 })
  }))

  test(`${dialect}: edits and new replies are versions side by side, and any of them can be shown`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const first = sending()
    await runCommand(services, user, first)
    const edit: ChangeCommand = { ...sending({ conversationId: first.conversationId, content: 'Hello again' }), type: 'message.edit', editedId: first.messageId }
    await runCommand(services, user, edit)
    const again = newId()
    await runCommand(services, user, { type: 'reply.regenerate', id: newId(), conversationId: first.conversationId, messageId: edit.replyId, replyId: again })
    const snapshot = await openConversation(services, user, first.conversationId)
    expect(snapshot.messages.map(message => message.id)).toEqual([edit.messageId, again])
    expect(snapshot.siblings).toEqual({ [edit.messageId]: [first.messageId, edit.messageId], [again]: [edit.replyId, again] })
    await runCommand(services, user, { type: 'conversation.change', id: newId(), conversationId: first.conversationId, activeMessageId: first.messageId })
    expect((await openConversation(services, user, first.conversationId)).messages.map(message => message.id)).toEqual([first.messageId, first.replyId])
  }))

  test(`${dialect}: a long conversation opens at its end and reads back page by page`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const conversationId = newId()
    const sent: string[] = []
    for (let count = 0; count < 40; count++) {
      const command = sending({ conversationId, content: `Number ${count}` })
      await runCommand(services, user, command)
      sent.push(command.messageId, command.replyId)
    }
    const end = await openConversation(services, user, conversationId)
    const rest = await readMessages(services, user, conversationId, { before: end.messages[0]?.id ?? '' })
    expect([...rest.messages, ...end.messages].map(message => message.id)).toEqual(sent)
    expect([end.more, rest.more]).toEqual([true, false])
    const shown = (page: { messages: { id: string }[] }) => page.messages.map(message => message.id)
    const around = await readMessages(services, user, conversationId, { around: sent[30] ?? '' })
    expect([shown(around), around.more, around.later, around.active]).toEqual([sent.slice(5, 56), true, true, true])
    const after = await readMessages(services, user, conversationId, { after: sent[10] ?? '' })
    expect([shown(after), after.later, after.active]).toEqual([sent.slice(11, 61), true, true])
    const last = await readMessages(services, user, conversationId, { after: sent[60] ?? '' })
    expect([shown(last), last.later]).toEqual([sent.slice(61), false])
    const first = await readMessages(services, user, conversationId, { around: sent[0] ?? '' })
    expect([shown(first), first.more, first.later]).toEqual([sent.slice(0, 26), false, true])
    const end2 = await readMessages(services, user, conversationId, { around: sent.at(-1) ?? '' })
    expect([shown(end2), end2.more, end2.later, end2.active]).toEqual([sent.slice(-26), true, false, true])
  }))

  test(`${dialect}: the list pages on without leaving any out, though many were changed in the same moment`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const { db, tables } = services.database
    const updatedAt = new Date()
    const ids = Array.from({ length: 7 }, newId)
    await db.insert(tables.conversation).values(ids.map(id => ({ id, userId: user.id, updatedAt })))
    const seen: string[] = []
    for (let more = true, last: { before: number, beforeId: string } | undefined; more;) {
      const page = await listConversations(services, user, { ...last, limit: 3 })
      seen.push(...page.conversations.map(row => row.id))
      last = { before: updatedAt.getTime(), beforeId: seen.at(-1) ?? '' }
      more = page.more
    }
    expect(seen).toEqual(ids.toReversed())
  }))

  test(`${dialect}: a message on a branch that isn't shown is told with what leads to it, and as such`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const first = sending()
    await runCommand(services, user, first)
    const second = sending({ conversationId: first.conversationId, content: 'And then?' })
    await runCommand(services, user, second)
    await runCommand(services, user, { ...sending({ conversationId: first.conversationId, content: 'Other words' }), type: 'message.edit', editedId: second.messageId })
    const page = await readMessages(services, user, first.conversationId, { around: second.replyId })
    expect([page.messages.map(message => message.id), page.active, page.later]).toEqual([[first.messageId, first.replyId, second.messageId, second.replyId], false, false])
    expect((await readMessages(services, user, first.conversationId, { after: second.replyId })).active).toBe(false)
  }))

  test(`${dialect}: a NUL and half a surrogate pair in a text are stored as what they are not`, () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const command = sending({ content: 'a\0b\ud83dc 👩‍🚀' })
    await runCommand(services, user, command)
    const { messages } = await openConversation(services, user, command.conversationId)
    expect(messages[0]?.content).toBe('a\ufffdb\ufffdc 👩‍🚀')
  }))
}
