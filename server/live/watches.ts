/** What a web process looks at every now and then, in case news of it was lost, or because nobody sends any. */
import { seqsOf } from '../../db/queries/conversations.ts'
import { livingSessions } from '../../db/queries/presence.ts'
import { beat, beatEveryMs } from '../domain/presence.ts'
import type { Services } from '../services.ts'
import { send, type Connection, type Connections } from './connections.ts'
import type { Tellers } from './tellers.ts'

const sessionsEveryMs = 60_000
const workersEveryMs = 2_000
const seqsEveryMs = 5_000

export interface Watches {
  /** How many workers live; null before it is known. */
  workers(): number | null
  countWorkers(): Promise<void>
  /** Looks up the sessions of all connections. */
  checkSessions(): void
  close(): void
}

/** Tells connections that their session is over, and closes them. */
export function endConnections(ended: Iterable<Connection>): void {
  for (const connection of [...ended]) {
    send(connection, { type: 'session.ended' })
    connection.close(4401, 'session ended')
  }
}

async function checkSessions({ database }: Services, connections: Connections): Promise<void> {
  const all = [...connections.all()]
  const living = await livingSessions(database.db, [...new Set(all.map(connection => connection.sessionId))])
  endConnections(all.filter(connection => !living.has(connection.sessionId)))
}

/** Compares what followers were told with the rows. */
async function checkSeqs({ database }: Services, connections: Connections, tellers: Tellers): Promise<void> {
  const ids = [...connections.followed()]
  const seqs = await seqsOf(database.db, ids)
  for (const id of ids) {
    const behind = [...connections.followers(id)].find(({ told }) => told.seq < (seqs.get(id) ?? Infinity))
    if (behind) tellers.changed(behind.connection.user.id, id)
  }
}

const beatAll = (services: Services, connections: Connections): Promise<void> => beat(services, [...connections.followed()].flatMap((conversationId) => {
  const byUser = Map.groupBy(connections.followers(conversationId), following => following.connection.user.id)
  return [...byUser].map(([userId, followers]) => ({ userId, conversationId, connectionIds: followers.map(({ connection }) => connection.id) }))
}))

export function openWatches(services: Services, connections: Connections, tellers: Tellers): Watches {
  let workers: number | null = null
  const countWorkers = async () => {
    const living = await services.queue.livingWorkers()
    if (!living) return
    // Where a send calls for one, there is one in reserve.
    const count = Math.max(living.size, services.config.drainsOnCall ? 1 : 0)
    if (count === workers) return
    workers = count
    for (const connection of connections.all()) send(connection, { type: 'workers.changed', workers })
  }
  const checkNow = () => { checkSessions(services, connections).catch((error: unknown) => services.log.warn({ err: error }, 'sessions could not be looked up')) }
  const every = (ms: number, what: string, work: () => Promise<void>) => {
    const timer = setInterval(() => { work().catch((error: unknown) => services.log.warn({ err: error }, what)) }, ms)
    timer.unref()
    return timer
  }
  const timers = [
    every(sessionsEveryMs, 'sessions could not be looked up', () => checkSessions(services, connections)),
    every(seqsEveryMs, 'changes could not be looked for', () => checkSeqs(services, connections, tellers)),
    every(workersEveryMs, 'workers could not be counted', countWorkers),
    every(beatEveryMs, 'presence could not be kept', () => beatAll(services, connections)),
  ]
  return {
    workers: () => workers,
    countWorkers,
    checkSessions: checkNow,
    close: () => { for (const timer of timers) clearInterval(timer) },
  }
}
