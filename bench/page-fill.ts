/** A long conversation with everything that makes a page slow, written straight into a database. */
import type { Database } from '../db/database.ts'
import { newId } from '../shared/ids.ts'

const perInsert = 200

const sentence = 'The harbour was quiet that evening, and the boats lay so still that their masts seemed drawn with a ruler. '
/** What replies look like: prose, lists, code, tables, a formula; about 1,200 letters. */
const replies = [
  `${sentence.repeat(4)}\n\n## What to do\n\n1. Read **the manual**.\n2. Ask \`somebody\` who knows.\n3. Try [again](https://example.org/again).\n\n${sentence.repeat(4)}`,
  `Like this:\n\n\`\`\`ts\nexport function add(one: number, other: number): number {\n  // Nothing is simpler.\n  return one + other\n}\n\nfor (let i = 0; i < 10; i++) console.log(add(i, i))\n\`\`\`\n\n${sentence.repeat(5)}`,
  `| name | number | remark |\n|---|--:|---|\n| one | 1 | the first |\n| two | 2 | the second |\n| three | 3 | the third |\n\n${sentence.repeat(6)}\n\n> ${sentence}`,
  `${sentence.repeat(3)}\n\n- a point\n- another\n  - one below it\n- the last\n\nSince $a^2 + b^2 = c^2$ it follows. ${sentence.repeat(4)}`,
]

/** A Markdown text of about `letters` letters. */
export const markdownOf = (letters: number): string => {
  let text = ''
  for (let i = 0; text.length < letters; i++) text += `### Part ${i + 1}\n\n${replies[i % replies.length]}\n\n`
  return text.slice(0, letters)
}

/** The person's conversation of so many messages; gives its id and those of the messages, oldest first. */
export async function fillConversation({ db, tables, lax }: Database, userId: string, messages: number, title: string, textOf = (at: number) => replies[at % replies.length] ?? ''): Promise<{ id: string, messageIds: string[] }> {
  const id = newId()
  const messageIds = Array.from({ length: messages }, newId)
  await db.insert(tables.conversation).values({ id, userId, title, titledBy: 'person', seq: messages, activeMessageId: messageIds.at(-1) })
  for (let from = 0; from < messages; from += perInsert) {
    const values = messageIds.slice(from, from + perInsert).map((messageId, i) => {
      const at = from + i
      const mine = at % 2 === 0
      const content = mine ? `Question ${at / 2 + 1}: what is to be done about the harbour?` : textOf(at >> 1)
      return {
        id: messageId, conversationId: id, parentId: messageIds[at - 1] ?? null, role: mine ? 'user' as const : 'assistant' as const, status: 'done' as const,
        content, parts: [{ type: 'text' as const, text: content, state: 'done' as const }], model: 'demo', seq: at + 1, bornSeq: at + 1, finishedAt: new Date(),
      }
    })
    await lax(async () => { await db.insert(tables.message).values(values) })
  }
  return { id, messageIds }
}

/** So many conversations of two messages each. */
export async function fillList(database: Database, userId: string, conversations: number): Promise<void> {
  for (let i = 0; i < conversations; i++) await fillConversation(database, userId, 2, `A talk about number ${i + 1}`)
}
