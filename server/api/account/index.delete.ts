import { setResponseHeader } from 'h3'
import { z } from 'zod'
import { CurrentPassword } from '../../../shared/user.ts'
import { authOf } from '../../auth.ts'
import { AppError } from '../../domain/errors.ts'
import { deleteAccount } from '../../domain/users.ts'
import { authHeaders, callAuth, passCookies } from '../../utils/auth-call.ts'
import { limit } from '../../utils/limits.ts'
import { defineUserRoute } from '../../utils/route.ts'

const DeleteAccount = z.strictObject({ password: CurrentPassword.optional() })

/** Removes the account and all it has. A user says the password once more; a guest has none. */
export default defineUserRoute({
  summary: 'Delete my account and all I have',
  refuses: ['password_wrong', 'too_many_requests'],
  body: DeleteAccount, answer: z.object({ ok: z.literal(true) }),
}, async ({ services, event, user, body }) => {
  await limit(services, event, 'password.user', user.id)
  const headers = authHeaders(event, services)
  if (!user.guest) {
    if (body.password === undefined) throw new AppError('password_wrong', { field: 'password' })
    await callAuth(authOf(services).api.verifyPassword({ body: { password: body.password }, headers }))
  }
  const signedOut = await authOf(services).api.signOut({ headers, returnHeaders: true })
  await deleteAccount(services, user)
  passCookies(event, signedOut.headers)
  setResponseHeader(event, 'clear-site-data', '"storage"')
  return { ok: true }
})
