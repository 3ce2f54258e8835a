/** Removes what deleted rows named. Each prefix is tried though another failed; the job is tried again until all are gone. */
import type { JobPayload } from '../queue/job-types.ts'
import type { JobContext } from '../queue/queue.ts'
import type { Services } from '../services.ts'

export async function deleteObjects({ store, log }: Services, { prefixes }: JobPayload<'delete-objects'>, { signal }: JobContext): Promise<void> {
  let fault: unknown
  let removed = 0
  for (const prefix of prefixes) {
    signal.throwIfAborted()
    try {
      removed += await store.removeAll(prefix)
    }
    catch (error) {
      fault ??= error
    }
  }
  log.info({ prefixes: prefixes.length, removed, ...(fault ? { incomplete: true } : {}) }, 'objects removed')
  if (fault) throw fault
}
