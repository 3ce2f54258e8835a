import { z } from 'zod'
import { PublicUser } from '../../../../shared/user.ts'
import { authOf } from '../../../auth.ts'
import { AppError } from '../../../domain/errors.ts'
import { answerSignedIn, entryHeaders, placeOfRequest } from '../../../utils/auth-call.ts'
import { limit } from '../../../utils/limits.ts'
import { definePublicRoute } from '../../../utils/route.ts'
import { findSession } from '../../../utils/session.ts'

/** Continues as a guest: a real account without a name, reachable from this browser alone until it signs up. Whoever is signed in stays who they are. */
export default definePublicRoute({
  summary: 'Continue as a guest',
  refuses: ['guests_not_allowed', 'too_many_requests'],
  answer: z.object({ user: PublicUser }),
}, async ({ services, event }) => {
  const session = await findSession(event.headers)
  if (session) return { user: session.user }
  if (!services.config.allowGuests) throw new AppError('guests_not_allowed')
  await limit(services, event, 'guest.place', placeOfRequest(event, services))
  return answerSignedIn(event, services, authOf(services).api.signInAnonymous({ headers: await entryHeaders(event, services), returnHeaders: true }))
})
