/** Keeps `websocket_connection` true: who looks at what, on any node, and gone soon after a crash. */
import { changeSeat, changeSeats, findSeat, type Seat } from '../../db/queries/presence.ts'
import { findConversation } from '../../db/queries/conversations.ts'
import type { Devices } from '../../db/tables.ts'
import type { Services } from '../services.ts'
import type { SessionUser } from './access.ts'

/** One open page. */
interface Device { id: string, user: Pick<SessionUser, 'id'> }

/** How often a process says that its connections are still there. */
export const beatEveryMs = 20_000
/** A device that wasn't heard of for this long is gone: two beats and some delay. */
export const goneAfterMs = 50_000

const living = (devices: Devices): Devices => {
  const since = Date.now() - goneAfterMs
  return Object.fromEntries(Object.entries(devices).filter(([, at]) => at > since))
}

async function change(services: Services, seat: Seat, alter: (devices: Devices) => Devices): Promise<void> {
  // Worth nothing after a power cut, when every device is gone.
  const changed = await services.database.lax(() => services.database.db.transaction(async (tx) => {
    if (!await findConversation(tx, seat.conversationId)) return false
    await changeSeat(tx, seat, devices => alter(living(devices)))
    return true
  }))
  if (changed) await services.bus.publish({ type: 'presence', ...seat })
}

/** A connection looks at a conversation, or still does. */
export const arrive = (services: Services, device: Device, conversationId: string): Promise<void> =>
  change(services, { userId: device.user.id, conversationId }, devices => ({ ...devices, [device.id]: Date.now() }))

export const leave = (services: Services, device: Device, conversationId: string): Promise<void> =>
  change(services, { userId: device.user.id, conversationId }, devices => Object.fromEntries(Object.entries(devices).filter(([id]) => id !== device.id)))

/** Says of all seats of this process at once that they are still taken. Only what that changed is news. */
export async function beat(services: Services, seats: readonly (Seat & { connectionIds: string[] })[]): Promise<void> {
  if (seats.length === 0) return
  const now = Date.now()
  const { db } = services.database
  const changed = await services.database.lax(() => db.transaction(tx => changeSeats(tx, seats, (devices, { connectionIds }) =>
    ({ ...living(devices), ...Object.fromEntries(connectionIds.map(id => [id, now])) }))))
  for (const { userId, conversationId } of changed) await services.bus.publish({ type: 'presence', userId, conversationId })
}

/** How many devices look at the conversation now. */
export async function countDevices(services: Services, seat: Seat): Promise<number> {
  const row = await findSeat(services.database.db, seat)
  return Object.keys(living(row?.devices ?? {})).length
}
