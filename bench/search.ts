/**
 * How long a search takes among many messages: `node bench/search.ts [messages] [sqlite|postgres]`, 300,000 in both
 * unless told. Half of them are one person's, the others' are spread over a hundred people. On SQLite the time is this
 * process' processor time, which a busy machine doesn't spoil; on Postgres it is the clock's.
 */
import { sql } from 'drizzle-orm'
import { rows, type Database } from '../db/database.ts'
import { searchMessages } from '../db/queries/search.ts'
import { newId } from '../shared/ids.ts'
import { dialects, withDatabase } from '../tests/support/database.ts'

const messages = Number(process.argv[2] ?? 300_000)
const chosen = dialects.filter(dialect => !process.argv[3] || process.argv[3] === dialect)
const perInsert = 500
const people = 100
const searches = 200

/** A vocabulary in which, as in language, few words are frequent and most are rare. */
const vocabulary = Array.from({ length: 50_000 }, (_, i) => {
  let word = ''
  for (let rest = i * 7919 + 13; rest > 0; rest = Math.floor(rest / 20)) word += 'bcdfghklmnprstvwzxjq'.charAt(rest % 20) + 'aeiou'.charAt(rest % 5)
  return word
})
let seed = 42
const random = () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return seed / 2_147_483_648
}
const wordAt = (place: number) => vocabulary[Math.floor(place)] ?? ''
const anyWord = () => wordAt(vocabulary.length ** random() - 1)
const text = () => Array.from({ length: 10 + Math.floor(random() * 80) }, anyWord).join(' ')

async function fill({ db, tables, lax }: Database): Promise<string[]> {
  const users = Array.from({ length: people + 1 }, newId)
  await db.insert(tables.user).values(users.map(id => ({ id, name: 'Ada', email: id })))
  const conversations = users.flatMap(userId => Array.from({ length: 20 }, () => ({ id: newId(), userId })))
  for (let from = 0; from < conversations.length; from += perInsert) await db.insert(tables.conversation).values(conversations.slice(from, from + perInsert))
  for (let made = 0; made < messages; made += perInsert) {
    const values = Array.from({ length: perInsert }, () => ({
      id: newId(), conversationId: conversations[Math.floor(random() < 0.5 ? random() * 20 : random() * conversations.length)]?.id ?? '',
      role: 'user' as const, status: 'done' as const, content: text(), seq: 1, bornSeq: 1,
    }))
    await lax(async () => { await db.insert(tables.message).values(values) })
  }
  return users
}

const kinds: Record<string, () => string> = {
  'a frequent word': () => wordAt(random() * 20),
  'any word': anyWord,
  'a rare word': () => wordAt(40_000 + random() * 10_000),
  'two words': () => `${anyWord()} ${anyWord()}`,
  'an unfinished word': () => anyWord().slice(0, 3),
  'two letters': () => anyWord().slice(0, 2),
  'no such word': () => 'zzzzyx',
}

/** Milliseconds so far. */
const clock = (dialect: Database['dialect']): number => {
  if (dialect === 'postgres') return performance.now()
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

async function measure({ db, dialect }: Database, userId: string, words: () => string): Promise<string> {
  const times: number[] = []
  let found = 0
  for (let i = 0; i < searches; i++) {
    const begin = clock(dialect)
    found += (await searchMessages(db, userId, words(), { limit: 20 })).length
    times.push(clock(dialect) - begin)
  }
  times.sort((a, b) => a - b)
  return `p50 ${at(times, 0.5)}, p95 ${at(times, 0.95)}, most ${at(times, 0.999)} (${(found / searches).toFixed(1)} found)`
}

const at = (sorted: number[], share: number) => Number(sorted[Math.floor(sorted.length * share)]?.toFixed(1))

for (const dialect of chosen) {
  await withDatabase(dialect, async (database) => {
    const start = performance.now()
    const users = await fill(database)
    const filledMs = performance.now() - start
    if (dialect === 'postgres') await rows(database.db, sql`analyze`)
    console.log(`${dialect}: ${messages} messages, filled at ${Math.round(messages / filledMs * 1000)} a second; milliseconds a search, for who has half of all and for who has ${Math.round(messages / 2 / people)}`)
    for (const [kind, words] of Object.entries(kinds)) {
      console.log(`  ${kind.padEnd(20)} ${await measure(database, users[0] ?? '', words)} | ${await measure(database, users[50] ?? '', words)}`)
    }
  })
}
