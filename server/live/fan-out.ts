/** From the bus to the connections of this process. What it missed it reads again: the bus carries news, not truth. */
import { seqsOf } from '../../db/queries/conversations.ts'
import { line } from '../../db/queries/messages.ts'
import { findMedia } from '../../db/queries/media.ts'
import { livingSessions } from '../../db/queries/presence.ts'
import type { Delta } from '../../shared/protocol.ts'
import type { News } from '../bus/bus.ts'
import { listedConversation } from '../domain/conversations.ts'
import { viewMedia } from '../domain/media.ts'
import type { Services } from '../services.ts'
import { send, sendText, type Connection, type Connections } from './connections.ts'
import { bringUpToDate, passOn, tellChanges } from './follow.ts'
import { beat, beatEveryMs, countDevices } from './presence.ts'

/** How often sessions of open connections are looked up again, in case the news of their end was lost. */
const sessionsEveryMs = 60_000
const workersEveryMs = 2_000
/** How often what followers were told is compared with the rows, in case news was lost. */
const seqsEveryMs = 5_000
/** Places in line change together: they are told at most this often. */
const queueEveryMs = 100

export interface FanOut {
  /** How many workers live; null before it is known. */
  workers(): number | null
  close(): void
}

/** Runs `work` for a key; asked again while it runs, once more after it. */
function coalesce(work: (key: string) => Promise<void>, onError: (error: unknown) => void): (key: string) => void {
  const running = new Map<string, boolean>()
  const run = async (key: string): Promise<void> => {
    do {
      running.set(key, false)
      await work(key).catch(onError)
    } while (running.get(key))
    running.delete(key)
  }
  return (key) => {
    if (running.has(key)) running.set(key, true)
    else void run(key)
  }
}

export function openFanOut(services: Services, connections: Connections): FanOut {
  const { log } = services
  const failed = (what: string) => (error: unknown) => log.warn({ err: error }, what)
  let workers: number | null = null

  const passDelta = (delta: Delta) => {
    let text: string | undefined
    const serialise = () => text ??= JSON.stringify({ type: 'reply.delta', ...delta })
    for (const following of connections.followers(delta.conversationId)) passOn(services, following, delta, serialise)
  }

  const tellFollowers = coalesce(async (conversationId) => {
    for (const following of [...connections.followers(conversationId)])
      if (!await tellChanges(services, following)) connections.unfollow(following.connection, conversationId)
  }, failed('changes could not be told'))

  const tellList = coalesce(async (key) => {
    const [userId = '', conversationId = ''] = key.split(' ')
    const conversation = await listedConversation(services, conversationId)
    if (!conversation) return
    const text = JSON.stringify({ type: 'conversation.listed', conversation })
    for (const connection of connections.ofUser(userId)) sendText(connection, text)
  }, failed('the list could not be told'))

  const tellPresence = coalesce(async (conversationId) => {
    for (const { connection } of [...connections.followers(conversationId)]) {
      const devices = await countDevices(services, { userId: connection.user.id, conversationId })
      send(connection, { type: 'presence.changed', conversationId, devices })
    }
  }, failed('presence could not be told'))

  const tellLine = coalesce(async (model) => {
    await new Promise(resolve => setTimeout(resolve, queueEveryMs).unref())
    const positions = new Map<string, Record<string, number>>()
    for (const [index, waiting] of (await line(services.database.db, model)).entries())
      positions.set(waiting.conversationId, { ...positions.get(waiting.conversationId), [waiting.id]: index + 1 })
    for (const conversationId of connections.followed()) {
      const places = positions.get(conversationId)
      if (places) for (const { connection } of connections.followers(conversationId)) send(connection, { type: 'reply.queued', conversationId, positions: places })
    }
  }, failed('places in line could not be told'))

  const tellMedia = async (mediaId: string, userId: string, conversationId: string | null) => {
    const listeners = [...connections.ofUser(userId)]
    const row = listeners.length > 0 ? await findMedia(services.database.db, mediaId) : undefined
    if (!row) return
    const text = JSON.stringify({ type: 'media.changed', conversationId, media: await viewMedia(services, row) })
    for (const connection of listeners) sendText(connection, text)
  }

  const end = (ended: Iterable<Connection>) => {
    for (const connection of [...ended]) {
      send(connection, { type: 'session.ended' })
      connection.close(4401, 'session ended')
    }
  }

  const tellWorkers = async () => {
    const living = await services.queue.livingWorkers()
    if (!living || living.size === workers) return
    workers = living.size
    for (const connection of connections.all()) send(connection, { type: 'workers.changed', workers })
  }

  // eslint-disable-next-line complexity -- one line per kind of news
  const hear = (news: News) => {
    switch (news.type) {
      case 'deltas': for (const delta of news.deltas) passDelta(delta); return
      case 'changed':
        tellFollowers(news.conversationId)
        if (news.userId) tellList(`${news.userId} ${news.conversationId}`)
        return
      case 'deleted':
        for (const connection of connections.ofUser(news.userId)) {
          connections.unfollow(connection, news.conversationId)
          send(connection, { type: 'conversation.deleted', conversationId: news.conversationId })
        }
        return
      case 'queue': tellLine(news.model); return
      case 'media': tellMedia(news.mediaId, news.userId, news.conversationId).catch(failed('media could not be told')); return
      case 'presence': tellPresence(news.conversationId); return
      case 'session.ended': end([...connections.all()].filter(connection => connection.sessionId === news.sessionId)); return
      case 'user.ended': end(connections.ofUser(news.userId)); return
      case 'workers': tellWorkers().catch(failed('workers could not be counted')); return
      case 'stop':
    }
  }

  const reread = () => {
    for (const connection of connections.all())
      for (const following of connection.followed.values()) void bringUpToDate(services, following)
  }

  const checkSeqs = async () => {
    const ids = [...connections.followed()]
    const seqs = await seqsOf(services.database.db, ids)
    for (const id of ids)
      if ([...connections.followers(id)].some(({ told }) => told.seq < (seqs.get(id) ?? Infinity))) tellFollowers(id)
  }

  const checkSessions = async () => {
    const all = [...connections.all()]
    const living = await livingSessions(services.database.db, [...new Set(all.map(connection => connection.sessionId))])
    end(all.filter(connection => !living.has(connection.sessionId)))
  }

  const beatAll = () => beat(services, [...connections.followed()].flatMap((conversationId) => {
    const byUser = Map.groupBy(connections.followers(conversationId), following => following.connection.user.id)
    return [...byUser].map(([userId, followers]) => ({ userId, conversationId, connectionIds: followers.map(({ connection }) => connection.id) }))
  }))

  const every = (ms: number, what: string, work: () => Promise<void>) => {
    const timer = setInterval(() => { work().catch(failed(what)) }, ms)
    timer.unref()
    return timer
  }
  const timers = [
    every(sessionsEveryMs, 'sessions could not be looked up', checkSessions),
    every(seqsEveryMs, 'changes could not be looked for', checkSeqs),
    every(workersEveryMs, 'workers could not be counted', tellWorkers),
    every(beatEveryMs, 'presence could not be kept', beatAll),
  ]
  const unsubscribe = [services.bus.subscribe(hear), services.bus.onGap(reread)]
  return {
    workers: () => workers,
    close() {
      for (const timer of timers) clearInterval(timer)
      for (const stop of unsubscribe) stop()
    },
  }
}
