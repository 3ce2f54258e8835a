import { z } from 'zod'
import { AppError } from '../domain/errors.ts'
import { drain } from '../jobs/drain.ts'
import { bears } from './operator.ts'
import type { Call, RouteShape } from './route.ts'
import { finishAfter, wake } from './wake.ts'

/** Drains that call the next one, at most: then cron goes on. Nothing may call itself for ever. */
const mostRounds = 20

const query = z.strictObject({ round: z.coerce.number().int().min(0).default(0) })

export const drainShape = {
  summary: 'Work off the queue where no worker lives: for the platform’s cron and for the server itself, with `CRON_SECRET`',
  refuses: ['not_found'],
  query,
  answer: z.object({ ran: z.number().int(), left: z.number().int() }),
} as const satisfies RouteShape

/** To anybody without the secret there is nothing here. */
export async function drainForBearer({ services, event, query: { round } }: Call<undefined, typeof query, undefined>) {
  const { CRON_SECRET: secret } = services.config.env
  if (secret === undefined || !bears(event, secret)) throw new AppError('not_found')
  // Where this process has a worker of its own, that is what drains the queue.
  if (services.config.runsWorker) return { ran: 0, left: (await services.queue.status()).ready }
  const drained = await drain(services, { sweeps: event.method === 'GET' })
  if (drained.left > 0 && round < mostRounds) finishAfter(event, wake(services, round + 1))
  return drained
}
