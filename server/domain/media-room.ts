/** The quota: what one user may keep in all. */
import { countStored, lockUser } from '../../db/queries/media.ts'
import type { Tx } from '../../db/database.ts'
import { bytesInWords } from '../../shared/bytes.ts'
import { AppError } from './errors.ts'

/** Counted under the user's row lock, so that files that come at the same moment cannot share the last room. @throws AppError `storage_full` */
export async function takeRoom(tx: Tx, userId: string, bytes: number, quotaBytes: number): Promise<void> {
  if (!await lockUser(tx, userId)) throw new AppError('not_signed_in')
  const stored = await countStored(tx, userId)
  if (stored.bytes + bytes > quotaBytes) throw new AppError('storage_full', { details: { limit: bytesInWords(quotaBytes) } })
}
