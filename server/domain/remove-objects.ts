/** How what a transaction deletes leaves the store: by jobs of the same transaction, or not at all. */
import type { Tx } from '../../db/database.ts'
import { mostPrefixes } from '../queue/job-types.ts'
import type { JobQueue } from '../queue/queue.ts'

/** Removes every object under these prefixes once the transaction is committed. */
export async function removeObjects(queue: JobQueue, tx: Tx, prefixes: readonly string[]): Promise<void> {
  for (let from = 0; from < prefixes.length; from += mostPrefixes)
    await queue.enqueue(tx, 'delete-objects', { prefixes: prefixes.slice(from, from + mostPrefixes) })
}
