import { z } from 'zod'
import { Answer, ChangeCommand, frameLimits } from '../../shared/protocol.ts'
import { runCommand } from '../domain/commands.ts'
import { defineUserRoute } from '../utils/route.ts'

export default defineUserRoute(
  { summary: 'Carry out a command, once', body: ChangeCommand, maxBytes: frameLimits.maxBytes, answer: z.object({ answer: Answer }) },
  async ({ services, user, body }) => ({ answer: await runCommand(services, user, body) }),
)
