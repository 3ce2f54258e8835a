/** Calling the route that drains the queue, where nobody else would (docs/deployment.md, Vercel). */
import type { ChangeCommand } from '../../shared/protocol.ts'
import { asksForReply } from '../domain/allowance.ts'
import { openOutbound } from '../models/outbound.ts'
import type { Services } from '../services.ts'

/** The call is made to be begun, not to be answered: the one who asked doesn't wait until the queue is empty. */
const begunWithinMs = 5_000

/**
 * Has the queue drained, when no worker lives and the drain route can be called. Resolves when that call was taken; never
 * rejects: what is missed here the platform's cron makes up for.
 * @param round how many drains in a row have left something for the next
 */
export async function wake({ config, queue, log }: Services, round = 0): Promise<void> {
  const { CRON_SECRET: secret, PUBLIC_URL: url } = config.env
  if (!secret || !url || config.runsWorker) return
  const signal = AbortSignal.timeout(begunWithinMs)
  // The operator wrote the address down, so it may be a private one.
  const outbound = openOutbound({ trusted: [url], allowPrivate: false })
  try {
    if ((await queue.livingWorkers())?.size) return
    const answer = await outbound.fetch(new URL(`/api/jobs/drain?round=${round}`, url), { method: 'POST', headers: { authorization: `Bearer ${secret}` }, signal })
    if (!answer.ok) log.warn({ status: answer.status }, 'the drain route refused to be called')
  }
  catch (error) {
    if (!signal.aborted) log.warn({ err: error }, 'the drain route could not be called')
  }
  finally { await outbound.close() }
}

/** Lets a function go on after its answer until `work` is done. Elsewhere processes go on by themselves. */
export const finishAfter = (event: { waitUntil?: (work: Promise<unknown>) => void }, work: Promise<unknown>): void => event.waitUntil?.(work)

/** `wake`, if this command has made work. */
export async function wakeFor(services: Services, command: ChangeCommand): Promise<void> {
  if (asksForReply.has(command.type)) await wake(services)
}
