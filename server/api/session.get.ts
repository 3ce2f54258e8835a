import { z } from 'zod'
import { PublicUser } from '../../shared/user.ts'
import { authOf } from '../auth.ts'
import { authHeaders, passCookies } from '../utils/auth-call.ts'
import { definePublicRoute } from '../utils/route.ts'
import { findSession } from '../utils/session.ts'

const Answer = z.object({ user: PublicUser.nullable(), guestsAllowed: z.boolean(), signUpAllowed: z.boolean() })

/** Who is asking, and what a person without an account may do here. */
export default definePublicRoute({ summary: 'Who am I', answer: Answer }, async ({ services, event }) => {
  const found = await findSession(event.headers)
  if (found) {
    // A session in use lives on: this passes the renewed cookie to the browser, once a day.
    const { headers } = await authOf(services).api.getSession({ headers: authHeaders(event, services), returnHeaders: true })
    passCookies(event, headers)
  }
  return { user: found?.user ?? null, guestsAllowed: services.config.allowGuests, signUpAllowed: services.config.allowSignUp }
})
