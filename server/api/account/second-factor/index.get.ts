import { z } from 'zod'
import { authOf } from '../../../auth.ts'
import { hasSecondFactor } from '../../../domain/second-factor.ts'
import { defineUserRoute } from '../../../utils/route.ts'

const Answer = z.object({ on: z.boolean(), backupCodesLeft: z.number() })

export default defineUserRoute({ summary: 'Whether a second factor is asked of me', answer: Answer }, async ({ services, user }) => {
  if (!await hasSecondFactor(services, user)) return { on: false, backupCodesLeft: 0 }
  const { backupCodes } = await authOf(services).api.viewBackupCodes({ body: { userId: user.id } })
  return { on: true, backupCodesLeft: backupCodes.length }
})
