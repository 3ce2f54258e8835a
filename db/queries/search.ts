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

/**
 * How many of a person's newest entries Postgres reads, block after block, before it asks the word index. The first is
 * enough to meet any frequent word; with the second, a person of a few thousand messages never needs the index, which
 * would go through everybody's for the beginning of a word.
 */
const blocks = [2000, 6000]
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
  const places: number[] = []
  let below = before
  for (const size of blocks) {
    const block = await readBlock(q, { userId, query, below, size, limit: limit - places.length })
    places.push(...block.places)
    if (places.length >= limit || block.seen < size) return places
    below = block.lowest
  }
  const owner = `'owner ${userId.replaceAll('\'', '\'\'').replaceAll('\\', '\\\\')}'`
  const older = await rows<{ place: string }>(q, sql`
    with hits as materialized (select id from search_entry where words @@ ${`${owner} & ${query}`}::text::tsquery)
    select id as place from hits where id < ${below} order by id desc limit ${limit - places.length}`)
  return [...places, ...older.map(({ place }) => Number(place))]
}

interface Block { userId: string, query: string, below: number, size: number, limit: number }

/** Reads the person's next `size` entries below a place: how many there are, the lowest of them, and which have the words. */
async function readBlock(q: Query, { userId, query, below, size, limit }: Block): Promise<{ seen: number, lowest: number, places: number[] }> {
  const found = await rows<{ place: string | null, seen: string, lowest: string | null }>(q, sql`
    with block as materialized (select id, words from search_entry where user_id = ${userId} and id < ${below} order by id desc limit ${size}),
      hits as (select id from block where words @@ ${query}::text::tsquery order by id desc limit ${limit}),
      seen as (select count(*) as seen, min(id) as lowest from block)
    select hits.id as place, seen, lowest from seen left join hits on true order by hits.id desc`)
  return { places: found.flatMap(({ place }) => place === null ? [] : Number(place)), seen: Number(found[0]?.seen ?? 0), lowest: Number(found[0]?.lowest ?? 0) }
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
