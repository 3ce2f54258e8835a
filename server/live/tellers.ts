/** What is told to the connections of this process, each kind at most once at a time for what it is about. */
import { line } from '../../db/queries/messages.ts'
import { findMedia } from '../../db/queries/media.ts'
import { changesSince, type Changed } from '../domain/conversations.ts'
import { viewMedia } from '../domain/media.ts'
import { countDevices } from '../domain/presence.ts'
import { gather } from '../gather.ts'
import type { Services } from '../services.ts'
import { setTimeout as wait } from 'node:timers/promises'
import { send, sendText, type Connections } from './connections.ts'
import { tellChange } from './follow.ts'

/** Places in line change together: they are told at most this often. */
const queueEveryMs = 250

export interface Tellers {
  /** The conversation changed, or may have. */
  changed(userId: string, conversationId: string): void
  presence(conversationId: string): void
  line(model: string): void
  media(mediaId: string, userId: string, conversationId: string | null): void
}

/** Runs `work` for a key; asked again while it runs, once more after it. */
export function coalesce(work: (key: string) => Promise<void>, onError: (error: unknown) => void): (key: string) => void {
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

interface News { userId: string, conversationId: string }

/** What followers lack of a conversation, and what the list of its owner's other connections shows of it, from one reading for all. */
async function tellChanged(services: Services, connections: Connections, news: readonly News[]): Promise<void> {
  const heard = new Map(news.map(one => [one.conversationId, one])).values()
    .filter(({ userId, conversationId }) => first(connections.ofUser(userId)) ?? first(connections.followers(conversationId))).toArray()
  if (heard.length === 0) return
  const read = await changesSince(services, heard.map(({ conversationId }) => ({ conversationId, after: toldOf(connections, conversationId) })))
  for (const { userId, conversationId } of heard) {
    const changed = read.get(conversationId) ?? null
    for (const following of [...connections.followers(conversationId)]) {
      tellChange(following, changed && laterThan(changed, following.told.seq))
      if (!changed) connections.unfollow(following.connection, conversationId)
    }
    if (!changed) continue
    const text = JSON.stringify({ type: 'conversation.listed', conversation: changed.conversation })
    for (const connection of connections.ofUser(userId)) sendText(connection, text)
  }
}

const first = <T>(all: Iterable<T>): T | undefined => all[Symbol.iterator]().next().value

/** The least that a follower was told; nothing is lacking where there is none. */
const toldOf = (connections: Connections, conversationId: string): number =>
  [...connections.followers(conversationId)].reduce((least, { told }) => Math.min(least, told.seq), Infinity)

/** The same for a follower that knows more. */
const laterThan = (changed: Changed, seq: number): Changed =>
  seq <= changed.after ? changed : { ...changed, after: seq, messages: changed.messages.filter(message => message.seq > seq) }

async function tellPresence(services: Services, connections: Connections, conversationId: string): Promise<void> {
  for (const { connection } of [...connections.followers(conversationId)]) {
    const devices = await countDevices(services, { userId: connection.user.id, conversationId })
    send(connection, { type: 'presence.changed', conversationId, devices })
  }
}

async function tellLine(services: Services, connections: Connections, model: string): Promise<void> {
  await wait(queueEveryMs)
  const positions = new Map<string, Record<string, number>>()
  for (const [index, waiting] of (await line(services.database.db, model)).entries())
    positions.set(waiting.conversationId, { ...positions.get(waiting.conversationId), [waiting.id]: index + 1 })
  for (const conversationId of connections.followed()) {
    const places = positions.get(conversationId)
    if (!places) continue
    for (const { connection } of connections.followers(conversationId)) send(connection, { type: 'reply.queued', conversationId, positions: places })
  }
}

async function tellMedia(services: Services, connections: Connections, mediaId: string, userId: string, conversationId: string | null): Promise<void> {
  const listeners = [...connections.ofUser(userId)]
  const row = listeners.length > 0 ? await findMedia(services.database.db, mediaId) : null
  if (!row) return
  const text = JSON.stringify({ type: 'media.changed', conversationId, media: await viewMedia(services, row) })
  for (const connection of listeners) sendText(connection, text)
}

export function openTellers(services: Services, connections: Connections): Tellers {
  const failed = (what: string) => (error: unknown) => services.log.warn({ err: error }, what)
  const changed = gather((news: News[]) => tellChanged(services, connections, news).catch(failed('changes could not be told')))
  return {
    changed: (userId, conversationId) => void changed({ userId, conversationId }),
    presence: coalesce(id => tellPresence(services, connections, id), failed('presence could not be told')),
    line: coalesce(model => tellLine(services, connections, model), failed('places in line could not be told')),
    media: (...about) => { tellMedia(services, connections, ...about).catch(failed('media could not be told')) },
  }
}
