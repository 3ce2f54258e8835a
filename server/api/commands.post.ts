import { z } from 'zod'
import { Answer, ChangeCommand, frameLimits } from '../../shared/protocol.ts'
import { runCommand } from '../domain/commands.ts'
import { limit } from '../utils/limits.ts'
import { defineUserRoute } from '../utils/route.ts'
import { finishAfter, wakeFor } from '../utils/wake.ts'

export default defineUserRoute(
  {
    summary: 'Carry out a command, once',
    refuses: [
      'conversation_not_found', 'message_not_found', 'media_not_found', 'media_not_ready', 'id_not_usable', 'deleted', 'reply_not_open',
      'reply_not_failed', 'model_not_found', 'model_unreachable', 'too_many_requests', 'too_many_replies', 'tokens_spent',
    ],
    body: ChangeCommand, maxBytes: frameLimits.maxBytes, answer: z.object({ answer: Answer }),
  },
  async ({ services, user, body, event }) => {
    await limit(services, event, 'command.user', user.id)
    const answer = await runCommand(services, user, body)
    finishAfter(event, wakeFor(services, body))
    return { answer }
  },
)
