/** Finds replies whose writer died, and has them written again (promise 4). */
import { setTimeout as pause } from 'node:timers/promises'
import { writingRows, type WritingRow } from '../../db/queries/messages.ts'
import type { ReplyWriter } from '../domain/reply-writer.ts'
import { recoverReply } from '../domain/replies.ts'
import type { Services } from '../services.ts'

/** With two sightings in a row, a dead writer's replies wait for half a second to a second. */
const lookEveryMs = 500

const keyOf = ({ id, epoch }: WritingRow) => `${id} ${epoch}`

/** Replies that nobody living writes; null when the living can't be told, and so nobody may be declared dead. */
async function lostReplies(services: Services, writer: ReplyWriter): Promise<WritingRow[] | null> {
  const found = await writingRows(services.database.db)
  const living = found.length > 0 ? await services.queue.livingWorkers() : new Set<string>()
  if (!living) return null
  return found.filter(({ id, writerId }) => writerId === services.workerId ? !writer.has(id) : writerId === null || !living.has(writerId))
}

/** All at once (the pool of connections bounds it): one after another the last of many would wait for seconds. */
async function recoverAll(services: Services, lost: readonly WritingRow[]): Promise<void> {
  await Promise.all(lost.map(reply => recoverReply(services, reply)))
}

/** Looks once, and once more if that showed anything lost: for a process that works for a moment only. */
export async function recoverOnce(services: Services, writer: ReplyWriter): Promise<void> {
  const lost = await lostReplies(services, writer) ?? []
  if (lost.length === 0) return
  await pause(lookEveryMs)
  const still = new Set((await lostReplies(services, writer) ?? []).map(keyOf))
  await recoverAll(services, lost.filter(reply => still.has(keyOf(reply))))
}

/** Looks until closed. A reply is lost when it was seen so twice in a row. */
export function openRecovery(services: Services, writer: ReplyWriter): { close(): void } {
  let seen = new Set<string>()
  let looking = false

  const look = async () => {
    const lost = await lostReplies(services, writer) ?? []
    await recoverAll(services, lost.filter(reply => seen.has(keyOf(reply))))
    seen = new Set(lost.map(keyOf))
  }
  const timer = setInterval(() => {
    if (looking) return
    looking = true
    look().catch((error) => {
      seen = new Set()
      services.log.warn({ err: error }, 'lost replies could not be looked for')
    }).finally(() => { looking = false })
  }, lookEveryMs)
  timer.unref()
  return { close: () => clearInterval(timer) }
}
