import { z } from 'zod'
import { PersonName, PublicUser } from '../../../shared/user.ts'
import { renameUser } from '../../domain/users.ts'
import { limit } from '../../utils/limits.ts'
import { defineUserRoute } from '../../utils/route.ts'

export default defineUserRoute({
  summary: 'Change my name',
  refuses: ['too_many_requests'],
  body: z.strictObject({ name: PersonName }), answer: z.object({ user: PublicUser }),
}, async ({ services, event, user, body }) => {
  await limit(services, event, 'account.user', user.id)
  return { user: await renameUser(services, user, body.name) }
})
