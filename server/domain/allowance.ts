/** What one person may ask of the models: replies under way at once, and tokens a day (docs/security.md, LLM06). */
import { findConversation } from '../../db/queries/conversations.ts'
import { countOpenOf } from '../../db/queries/messages.ts'
import { countTurn, forgetTurns, turnsSince } from '../../db/queries/users.ts'
import type { Query, Tx } from '../../db/database.ts'
import { newId } from '../../shared/ids.ts'
import type { ChangeCommand } from '../../shared/protocol.ts'
import type { Usage } from '../../shared/models.ts'
import type { Services } from '../services.ts'
import type { SessionUser } from './access.ts'
import { AppError } from './errors.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000
const keyOf = (userId: string): string => `tokens:${userId}`

/** Commands after which a model is called. */
export const asksForReply: ReadonlySet<ChangeCommand['type']> = new Set(['message.send', 'message.edit', 'reply.regenerate', 'reply.retry'])

/**
 * Why another reply is refused to whoever has enough of them (`too_many_replies`, `tokens_spent`); null when it isn't. The
 * caller holds the user's lock, so that requests of the same moment cannot share the last place.
 */
export async function refusalOf({ config: { env } }: Pick<Services, 'config'>, tx: Tx, user: Pick<SessionUser, 'id'>): Promise<AppError | null> {
  const [most, tokens] = [env.USER_OPEN_REPLIES, env.USER_DAILY_TOKENS]
  if (most && await countOpenOf(tx, user.id) >= most) return new AppError('too_many_replies', { details: { limit: most } })
  if (!tokens) return null
  const now = Date.now()
  const { count, since } = await turnsSince(tx, keyOf(user.id), now - dayMs)
  if (count < tokens) return null
  const hours = Math.max(1, Math.ceil((since + dayMs - now) / hourMs))
  return new AppError('tokens_spent', { details: { limit: tokens.toLocaleString('en'), wait: hours === 1 ? 'an hour' : `${hours} hours` } })
}

/** Letters of a token, roughly, where a provider doesn't count: a reply that was stopped is not free. */
const lettersPerToken = 4

/** Counts what a reply has cost, when somebody set a limit. */
export async function spendTokens({ config: { env } }: Pick<Services, 'config'>, tx: Tx, reply: { conversationId: string, usage: Usage | null, text: string }): Promise<void> {
  if (!env.USER_DAILY_TOKENS) return
  const conversation = await findConversation(tx, reply.conversationId)
  const counted = reply.usage && (reply.usage.inputTokens !== null || reply.usage.outputTokens !== null)
  const amount = counted ? (reply.usage?.inputTokens ?? 0) + (reply.usage?.outputTokens ?? 0) : Math.ceil(reply.text.length / lettersPerToken)
  if (conversation && amount > 0) await count(tx, conversation.userId, amount)
}

const count = (q: Query, userId: string, amount: number) => countTurn(q, { id: newId(), key: keyOf(userId), now: Date.now(), windowMs: dayMs, amount })

/** What a guest has spent today, the user has spent whom they become. */
export async function carryTokens(q: Query, from: string, to: string): Promise<void> {
  const spent = await turnsSince(q, keyOf(from), Date.now() - dayMs)
  if (spent.count > 0) await count(q, to, spent.count)
  await forgetTurns(q, [keyOf(from)])
}
