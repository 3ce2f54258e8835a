/** What keeps promises when a nudge was lost: once a minute, and once a day, whatever the number of workers. */
import { dropCommandsBefore } from '../../db/queries/commands.ts'
import { dropStrayDeltas } from '../../db/queries/deltas.ts'
import { idleWaiting } from '../../db/queries/messages.ts'
import { sweepSeats } from '../../db/queries/presence.ts'
import { sweepMedia } from '../domain/sweep-media.ts'
import { nudgeReply } from '../domain/replies.ts'
import { goneAfterMs } from '../domain/presence.ts'
import { sweepAccounts } from '../domain/users.ts'
import type { JobPayload } from '../queue/job-types.ts'
import type { Services } from '../services.ts'

const commandsKeptMs = 30 * 86_400_000
/** Replies nudged in one sweep. */
const mostNudged = 1000

export async function sweep(services: Services, { what }: JobPayload<'sweep'>): Promise<void> {
  if (what === 'often') await sweepOften(services)
  else await sweepDaily(services)
}

async function sweepOften(services: Services): Promise<void> {
  const { db } = services.database
  for (const reply of await idleWaiting(db, mostNudged))
    await db.transaction(tx => nudgeReply(services, tx, reply.id, reply.nextTryAt ?? undefined))
  for (const seat of await sweepSeats(db, new Date(Date.now() - goneAfterMs)))
    await services.bus.publish({ type: 'presence', ...seat })
  await dropStrayDeltas(db)
}

async function sweepDaily(services: Services): Promise<void> {
  await dropCommandsBefore(services.database.db, new Date(Date.now() - commandsKeptMs))
  await sweepAccounts(services)
  await sweepMedia(services)
}
