/** Sending as the product does it: the whole command, in its transaction. */
import { newId } from '../../../shared/ids.ts'
import type { CommandOf } from '../../../shared/protocol.ts'
import type { SessionUser } from '../../../server/domain/access.ts'
import { runCommand } from '../../../server/domain/commands.ts'
import type { Services } from '../../../server/services.ts'
import { sending } from '../../support/domain.ts'

export async function sendMessage(services: Services, user: SessionUser, change: Partial<CommandOf<'message.send'>>): Promise<CommandOf<'message.send'>> {
  const command = sending({ ...change, id: newId() })
  await runCommand(services, user, command)
  return command
}
