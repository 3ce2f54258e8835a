/**
 * A worker process for tests that kill it: `node queue-worker.ts URL WORKER_ID`. Says what happens to its jobs on stdout,
 * one JSON a line. A job runs until it is ended, or for `holdMs` of the environment.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { openGraphileQueue } from '../../server/queue/graphile.ts'
import { openLog } from '../../server/log.ts'
import type { JobEnded } from '../../server/queue/runs.ts'

const [,, url = '', workerId = ''] = process.argv
const say = (event: string, fields: object = {}) => process.stdout.write(`${JSON.stringify({ event, at: Date.now(), ...fields })}\n`)

const queue = openGraphileQueue({ url, workerId, log: openLog('silent') })
const done = async () => {}
await queue.work({
  'write-reply': async ({ messageId }, { attempt, signal }) => {
    say('started', { messageId, attempt })
    try {
      await pause(Number(process.env.HOLD_MS), undefined, { signal })
      say('done', { messageId, attempt })
    }
    catch {
      say('ended', { messageId, attempt, reason: (signal.reason as JobEnded).reason })
      throw signal.reason as JobEnded
    }
  },
  'name-conversation': done,
  'process-media': done,
  'speak-reply': done,
  'delete-objects': done,
  'sweep': done,
}, { concurrency: 5 })
say('working')
process.once('SIGTERM', () => void queue.drain(0).then(() => queue.close()).then(() => process.exit()))
