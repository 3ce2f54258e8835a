/** Finds replies whose writer died, and has them written again (promise 4). */
import { writers, writtenBy } from '../../db/queries/messages.ts'
import { recoverReply } from '../domain/replies.ts'
import type { Services } from '../services.ts'

/** With two sightings in a row, a dead writer's replies wait for one to one and a half seconds. */
const lookEveryMs = 500

/** Looks until closed. A writer is dead when it was seen missing among the living twice in a row; when the living can't be told, nobody is. */
export function openRecovery(services: Services): { close(): void } {
  let missing = new Set<string>()
  let looking = false

  const look = async () => {
    const found = await writers(services.database.db)
    const living = found.length > 0 ? await services.queue.livingWorkers() : new Set<string>()
    if (!living) {
      missing = new Set()
      return
    }
    const dead = found.filter(id => !living.has(id))
    for (const id of dead.filter(id => missing.has(id)))
      for (const reply of await writtenBy(services.database.db, id)) await recoverReply(services, reply)
    missing = new Set(dead)
  }
  const timer = setInterval(() => {
    if (looking) return
    looking = true
    look().catch((error) => {
      missing = new Set()
      services.log.warn({ err: error }, 'dead writers could not be looked for')
    }).finally(() => { looking = false })
  }, lookEveryMs)
  timer.unref()
  return { close: () => clearInterval(timer) }
}
