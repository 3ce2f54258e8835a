/** Who a request or a socket speaks for. */
import { authOf } from '../auth.ts'
import type { SessionUser } from '../domain/access.ts'
import { useServices } from './services.ts'

export interface FoundSession { sessionId: string, user: SessionUser }

/** However often it is used, a session ends this long after it began. */
const longestMs = 180 * 86_400_000

interface UserFields { id: string, name: string, username?: string | null, isAnonymous?: boolean | null }

/** The fields of a user row that its own browser and the domain see. */
export const sessionUser = (user: UserFields): SessionUser =>
  ({ id: user.id, username: user.username ?? 'guest', name: user.name, guest: user.isAnonymous === true })

/**
 * The session whose cookie these headers carry; null without one, and for one that was ended, is over, or was tampered
 * with. Asks the database each time, so that ending a session counts at once. Works for HTTP and for the socket's upgrade.
 */
export async function findSession(headers: Headers): Promise<FoundSession | null> {
  // Most requests without a session carry no cookie at all: they need no query.
  if (!headers.has('cookie')) return null
  const found = await authOf(useServices()).api.getSession({ headers: new Headers({ cookie: headers.get('cookie') ?? '' }) })
  if (!found || Date.now() - new Date(found.session.createdAt).getTime() > longestMs) return null
  return { sessionId: found.session.id, user: sessionUser(found.user) }
}
