/**
 * How long a search takes among many messages: `npm run bench -- --only=search [--messages=1000000] [--database=sqlite|postgres]`;
 * with a million it takes some minutes for each database. Half of the messages are one person's, the others' are spread
 * over a hundred people. On SQLite the time is this process' processor time, which a busy machine doesn't spoil; on
 * Postgres it is the clock's.
 */
import { sql } from 'drizzle-orm'
import { rows, type Database } from '../db/database.ts'
import { searchMessages } from '../db/queries/search.ts'
import { newId } from '../shared/ids.ts'
import { dialects, withDatabase } from '../tests/support/database.ts'
import { percentile } from './measure.ts'
import { report } from './report.ts'

const option = (name: string) => process.argv.find(argument => argument.startsWith(`--${name}=`))?.split('=')[1]
const messages = Number(option('messages') ?? 1_000_000)
const chosen = dialects.filter(dialect => !option('database') || option('database') === dialect)
const wantedMs = { sqlite: 100, postgres: 50 }
const perInsert = 500
const people = 100
const searches = 200
/** Indexing a million at once takes longer than any query of the product may. */
const indexingMs = 3600_000

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
const anyCharacter = () => String.fromCodePoint(0x4E00 + Math.floor(3000 ** random() - 1) * 5)
const words = (length: number, one: () => string, between: string) => Array.from({ length }, one).join(between)
/** One text of twenty is Chinese. */
const text = () => random() < 0.05 ? words(20 + Math.floor(random() * 160), anyCharacter, '') : words(10 + Math.floor(random() * 80), anyWord, ' ')

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

/** On Postgres the index is made once all is there: a row at a time it takes five times as long. */
async function fillAtOnce(database: Database): Promise<string[]> {
  if (database.dialect === 'sqlite') return fill(database)
  const { db } = database
  const [index] = await rows<{ made: string }>(db, sql`select indexdef as made from pg_indexes where indexname = 'search_entry_by_words'`)
  await rows(db, sql`alter table message disable trigger search_message_made`)
  await rows(db, sql`drop index search_entry_by_words`)
  const users = await fill(database)
  await rows(db, sql`insert into search_entry (user_id, conversation_id, message_id, words)
    select c.user_id, c.id, m.id, search_words(c.user_id, m.content) from message m join conversation c on c.id = m.conversation_id order by m.id`)
  await rows(db, sql.raw(index?.made ?? ''))
  await rows(db, sql`alter table message enable trigger search_message_made`)
  await rows(db, sql`analyze`)
  return users
}

const kinds: Record<string, () => string> = {
  'a frequent word': () => wordAt(random() * 20),
  'any word': anyWord,
  'a rare word': () => wordAt(40_000 + random() * 10_000),
  'two words': () => `${anyWord()} ${anyWord()}`,
  'an unfinished word': () => anyWord().slice(0, 3),
  'two letters': () => anyWord().slice(0, 2),
  'one Chinese character': anyCharacter,
  'two Chinese characters': () => anyCharacter() + anyCharacter(),
  'no such word': () => 'zzzzyx',
}

/** Milliseconds so far. */
const clock = (dialect: Database['dialect']): number => {
  if (dialect === 'postgres') return performance.now()
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

interface Figures { kind: string, who: string, p50: number, p95: number, most: number, found: number }

async function measure({ db, dialect }: Database, userId: string, who: string, kind: string): Promise<Figures> {
  const times: number[] = []
  let found = 0
  for (let i = 0; i < searches; i++) {
    const asked = kinds[kind]?.() ?? ''
    const begin = clock(dialect)
    found += (await searchMessages(db, userId, asked, { limit: 20 })).length
    times.push(clock(dialect) - begin)
  }
  const at = (share: number) => Number(percentile(times, share).toFixed(1))
  return { kind, who, p50: at(0.5), p95: at(0.95), most: at(1), found: found / searches }
}

const lines: string[] = []
const all: Record<string, Figures[]> = {}
for (const dialect of chosen) {
  await withDatabase(dialect, async (database) => {
    const start = performance.now()
    const users = await fillAtOnce(database)
    const perSecond = Math.round(messages / (performance.now() - start) * 1000)
    const measured: Figures[] = []
    for (const kind of Object.keys(kinds)) {
      measured.push(await measure(database, users[0] ?? '', 'half of all', kind))
      measured.push(await measure(database, users[50] ?? '', `${Math.round(messages / 2 / people)}`, kind))
    }
    all[dialect] = measured
    lines.push(
      `\n${dialect}, filled at ${perSecond} messages a second. Wanted: p95 ≤ ${wantedMs[dialect]} ms, ${dialect === 'sqlite' ? 'processor time' : 'by the clock'}.\n`,
      '| search for | by who has | p50, ms | p95, ms | most, ms | found |', '|---|--:|--:|--:|--:|--:|',
      ...measured.map(one => `| ${one.kind} | ${one.who} | ${one.p50} | ${one.p95} | ${one.most} | ${one.found.toFixed(1)} |`),
    )
    console.log(lines.join('\n'))
  }, { queryTimeoutMs: indexingMs })
}
report('search', `${messages.toLocaleString('en')} messages, ${searches} searches of each kind.\n${lines.join('\n')}`, all)
process.exit()
