import { z } from 'zod'
import { CurrentPassword } from '../../../../shared/user.ts'
import { authOf } from '../../../auth.ts'
import { AppError } from '../../../domain/errors.ts'
import { hasSecondFactor } from '../../../domain/second-factor.ts'
import { authHeaders, callAuth } from '../../../utils/auth-call.ts'
import { limit } from '../../../utils/limits.ts'
import { defineUserRoute } from '../../../utils/route.ts'

/** Ten new codes; the ones before are worth nothing any more. */
export default defineUserRoute({
  summary: 'New backup codes',
  refuses: ['password_wrong', 'second_factor_off', 'too_many_requests'],
  body: z.strictObject({ password: CurrentPassword }), answer: z.object({ backupCodes: z.array(z.string()) }),
}, async ({ services, event, user, body }) => {
  await limit(services, event, 'password.user', user.id)
  if (!await hasSecondFactor(services, user)) throw new AppError('second_factor_off')
  const { backupCodes } = await callAuth(authOf(services).api.generateBackupCodes({ body, headers: authHeaders(event, services) }))
  return { backupCodes }
})
