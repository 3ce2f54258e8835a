/** What is told to the connections of this process, each kind at most once at a time for what it is about. */
import { line } from '../../db/queries/messages.ts'
import { findMedia } from '../../db/queries/media.ts'
import { listedConversation } from '../domain/conversations.ts'
import { viewMedia } from '../domain/media.ts'
import { countDevices } from '../domain/presence.ts'
import type { Services } from '../services.ts'
import { setTimeout as wait } from 'node:timers/promises'
import { send, sendText, type Connections } from './connections.ts'
import { tellChanges } from './follow.ts'

/** Places in line change together: they are told at most this often. */
const queueEveryMs = 100

export interface Tellers {
  followers(conversationId: string): void
  list(userId: string, conversationId: string): void
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

async function tellFollowers(services: Services, connections: Connections, conversationId: string): Promise<void> {
  for (const following of [...connections.followers(conversationId)])
    if (!await tellChanges(services, following)) connections.unfollow(following.connection, conversationId)
}

async function tellList(services: Services, connections: Connections, userId: string, conversationId: string): Promise<void> {
  const conversation = await listedConversation(services, conversationId)
  if (!conversation) return
  const text = JSON.stringify({ type: 'conversation.listed', conversation })
  for (const connection of connections.ofUser(userId)) sendText(connection, text)
}

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
  const list = coalesce((key) => {
    const [userId = '', conversationId = ''] = key.split(' ')
    return tellList(services, connections, userId, conversationId)
  }, failed('the list could not be told'))
  return {
    followers: coalesce(id => tellFollowers(services, connections, id), failed('changes could not be told')),
    list: (userId, conversationId) => list(`${userId} ${conversationId}`),
    presence: coalesce(id => tellPresence(services, connections, id), failed('presence could not be told')),
    line: coalesce(model => tellLine(services, connections, model), failed('places in line could not be told')),
    media: (...about) => { tellMedia(services, connections, ...about).catch(failed('media could not be told')) },
  }
}
