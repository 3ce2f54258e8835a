import { searchMessages } from '../../db/queries/search.ts'
import type { Services } from '../services.ts'
import type { SessionUser } from './access.ts'

/** One page of results. */
const pageSize = 30

/** What the user's own conversations hold of these words, newest first; `before` pages on from an earlier `next`. */
export async function search({ database }: Services, user: Pick<SessionUser, 'id'>, words: string, before: number | undefined) {
  const found = await searchMessages(database.db, user.id, words, { limit: pageSize, ...(before === undefined ? {} : { before }) })
  return {
    results: found.map(({ place: _, ...result }) => result),
    next: found.length === pageSize ? found.at(-1)?.place ?? null : null,
  }
}
