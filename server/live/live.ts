/** The live part of a web process, opened once by the lifecycle plugin. */
import type { SessionUser } from '../domain/access.ts'
import type { Services } from '../services.ts'
import { openConnections, send, type Connection } from './connections.ts'
import { openFanOut } from './fan-out.ts'
import { openTalk, type Live, type Talk } from './talk.ts'

/** How much earlier or later than the others a browser comes back, so that not all come at once. */
const comeBackWithinMs = 1500

let opened: Live | undefined

export function openLive(services: Services): Live {
  const connections = openConnections()
  opened = { services, connections, fanOut: openFanOut(services, connections) }
  return opened
}

export function useLive(): Live {
  if (!opened) throw new Error('This process serves no browsers')
  return opened
}

/** Sockets and streams one person may have at one process: far more than devices and tabs, far fewer than would hurt. */
const mostPerUser = 100

export const hasRoom = (user: Pick<SessionUser, 'id'>): boolean => [...useLive().connections.ofUser(user.id)].length < mostPerUser

/** Starts to talk on a new connection; `live.fanOut` and a first `hello` are its from then on. */
export const greet = (connection: Connection): Talk => openTalk(useLive(), connection)

/** Says good-bye to everyone, who then continue on another node, or on this one when it is back. */
export function closeLive({ connections, fanOut }: Live): void {
  for (const connection of [...connections.all()]) {
    send(connection, { type: 'come.back', afterMs: Math.round(Math.random() * comeBackWithinMs) })
    connection.close(1012, 'restarting')
  }
  fanOut.close()
}
