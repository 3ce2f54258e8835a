import { z } from 'zod'
import { CurrentPassword } from '../../../../shared/user.ts'
import { authOf } from '../../../auth.ts'
import { authHeaders, callAuth, refuseGuest } from '../../../utils/auth-call.ts'
import { limit } from '../../../utils/limits.ts'
import { defineUserRoute } from '../../../utils/route.ts'

const Answer = z.object({
  /** What an authenticator app reads, as a picture or as `secret` typed by hand. */
  uri: z.string(),
  secret: z.string(),
  /** Shown this once. */
  backupCodes: z.array(z.string()),
})

/** Begins to set up a second factor. It is asked for once a first code has been confirmed. */
export default defineUserRoute({
  summary: 'Set up a second factor',
  refuses: ['password_wrong', 'second_factor_on', 'too_many_requests'],
  body: z.strictObject({ password: CurrentPassword }), answer: Answer,
}, async ({ services, event, user, body }) => {
  await limit(services, event, 'password.user', user.id)
  refuseGuest(user)
  const made = await callAuth(authOf(services).api.enableTwoFactor({ body: { ...body, method: 'totp' }, headers: authHeaders(event, services) }))
  if (made.method !== 'totp') throw new Error('the auth library set up another kind of factor')
  const secret = new URL(made.totpURI).searchParams.get('secret') ?? ''
  // The library names the account by its made-up mail address.
  return { uri: `otpauth://totp/Parley:${encodeURIComponent(user.username)}?secret=${secret}&issuer=Parley`, secret, backupCodes: made.backupCodes }
})
