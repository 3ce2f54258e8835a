/**
 * Full-text search over a person's messages, conversation titles, and what is said or written in their files: every
 * word must occur, the last one may be unfinished, newest first. Accents don't count; of scripts written without spaces
 * any piece is found. What a person types is words, never syntax. Entries are kept by triggers (migrations `search` and
 * `search_words`).
 */
import { sql, type SQL } from 'drizzle-orm'
import { dialectOf, rows, type Query } from '../database.ts'
import { makeExcerpt, termsOf, wordsOf, type Term } from '../search-words.ts'

export interface Found {
  /** For `before`, to page on. */
  place: number
  conversationId: string
  /** Null when the conversation's title was found. */
  messageId: string | null
  title: string | null
  excerpt: string
  /** Where the words stand in `excerpt`: [start, end) in UTF-16 units. */
  marks: [number, number][]
  /** Epoch milliseconds. */
  createdAt: number
}

interface Entry { place: number, conversationId: string, messageId: string | null, title: string | null, text: string, createdAt: number }

/** How many of a person's newest entries Postgres reads before it asks the word index: enough to meet any frequent word. */
const recentEntries = 2000
/** How much of a text is read to make an excerpt. */
const excerptFrom = 100_000

/** Finds at most `limit` entries of this person, newest first; with `before`, those that come after that place. */
export async function searchMessages(q: Query, userId: string, text: string, { limit, before }: { limit: number, before?: number }): Promise<Found[]> {
  const words = wordsOf(text)
  if (words.length === 0) return []
  const search = { userId, terms: termsOf(words), limit, before: before ?? Number.MAX_SAFE_INTEGER }
  const places = dialectOf(q) === 'sqlite' ? await searchSqlite(q, search) : await searchPostgres(q, search)
  if (places.length === 0) return []
  const entries = await readEntries(q, places)
  return entries.map(({ text: whole, ...entry }) => ({ ...entry, place: Number(entry.place), createdAt: Number(entry.createdAt), ...makeExcerpt(whole, words) }))
}

interface Search { userId: string, terms: Term[], limit: number, before: number }

/**
 * FTS5 walks the doclists of the owner and of each word from the newest entry and stops at the limit. Beginnings of two
 * to six letters have doclists of their own; a longer unfinished word makes it merge those of all words that begin so.
 */
async function searchSqlite(q: Query, { userId, terms, limit, before }: Search): Promise<number[]> {
  const wanted = terms.map(({ text, unfinished }) => `"${text}"${unfinished ? ' *' : ''}`).join(' AND ')
  const match = `owner : "u${Buffer.from(userId).toString('hex')}" AND text : (${wanted})`
  const found = await rows<{ place: number }>(q, sql`select rowid as place from search_text
    where search_text match ${match} and rowid < ${before} order by rowid desc limit ${limit}`)
  return found.map(({ place }) => place)
}

/**
 * An index of words gives its matches in no order. So the newest entries are read first, which answers frequent words;
 * only a word that is rare among them is looked up in the index, and then there are few to sort.
 */
async function searchPostgres(q: Query, { userId, terms, limit, before }: Search): Promise<number[]> {
  const query = terms.map(({ text, unfinished }) => `'${text}'${unfinished ? ':*' : ''}`).join(' & ')
  const wanted = sql`${query}::text::tsquery`
  const placesOf = (found: { place: string }[]) => found.map(({ place }) => Number(place))
  const recent = await rows<{ place: string, seen: string, lowest: string }>(q, sql`
    with recent as materialized (select id, words from search_entry where user_id = ${userId} and id < ${before} order by id desc limit ${recentEntries}),
      hits as (select id from recent where words @@ ${wanted} order by id desc limit ${limit}),
      seen as (select count(*) as seen, min(id) as lowest from recent)
    select hits.id as place, seen, lowest from seen left join hits on true order by hits.id desc`)
  const places = placesOf(recent.filter(({ place }) => place !== null))
  const { seen, lowest } = recent[0] ?? { seen: 0, lowest: 0 }
  if (places.length >= limit || Number(seen) < recentEntries) return places
  const owner = `'owner ${userId.replaceAll('\'', '\'\'').replaceAll('\\', '\\\\')}'`
  const older = await rows<{ place: string }>(q, sql`
    with hits as materialized (select id from search_entry where words @@ ${`${owner} & ${query}`}::text::tsquery)
    select id as place from hits where id < ${lowest} order by id desc limit ${limit - places.length}`)
  return [...places, ...placesOf(older)]
}

async function readEntries(q: Query, places: number[]): Promise<Entry[]> {
  const sqlite = dialectOf(q) === 'sqlite'
  const mediaText: SQL = sqlite ? sql`(select text from search_media where id = media.id)` : sql`search_media_text(media)`
  const milliseconds = (column: SQL): SQL => sqlite ? column : sql`cast(extract(epoch from ${column}) * 1000 as bigint)`
  return rows<Entry>(q, sql`
    select search_entry.id as place, search_entry.conversation_id as "conversationId", search_entry.message_id as "messageId", conversation.title as title,
      substr(case when search_entry.media_id is not null then ${mediaText} when message.id is not null then message.content else coalesce(conversation.title, '') end, 1, ${excerptFrom}) as text,
      ${milliseconds(sql`coalesce(message.created_at, conversation.created_at)`)} as "createdAt"
    from search_entry join conversation on conversation.id = search_entry.conversation_id
      left join message on message.id = search_entry.message_id left join media on media.id = search_entry.media_id
    where search_entry.id in ${places} order by search_entry.id desc`)
}
