/** What only whoever runs the server may do to an account, and no route does. */
import { removeSecondFactor } from '../../db/queries/users.ts'
import { authOf } from '../auth.ts'
import type { Services } from '../services.ts'

interface Person { id: string }

/** A new password in place of one that was forgotten. */
export async function setPassword(services: Services, { id }: Person, password: string): Promise<void> {
  const { internalAdapter, password: { hash } } = await authOf(services).$context
  await internalAdapter.updatePassword(id, await hash(password))
}

/** For somebody who has lost both the app and the backup codes. */
export const takeSecondFactor = ({ database }: Services, { id }: Person): Promise<void> =>
  database.db.transaction(tx => removeSecondFactor(tx, id))
