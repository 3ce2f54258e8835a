/** People and commands for tests of the domain. */
import { newId } from '../../shared/ids.ts'
import type { CommandOf } from '../../shared/protocol.ts'
import type { SessionUser } from '../../server/domain/access.ts'
import type { Services } from '../../server/services.ts'

export async function makeUser(services: Services): Promise<SessionUser> {
  const id = newId()
  const name = `user-${id.slice(-12)}`
  await services.database.db.insert(services.database.tables.user).values({ id, username: name, name, email: `${name}@users.invalid` })
  return { id, username: name, name, guest: false }
}

export const sending = (change: Partial<CommandOf<'message.send'>> = {}): CommandOf<'message.send'> => ({
  type: 'message.send', id: newId(), conversationId: newId(), messageId: newId(), replyId: newId(), content: 'Hello', mediaIds: [], ...change,
})
