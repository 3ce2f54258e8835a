import { Readable } from 'node:stream'
import { z } from 'zod'
import { ExportedConversation, exportFormats } from '../../../../shared/export.ts'
import { Id } from '../../../../shared/ids.ts'
import { ownConversation } from '../../../domain/access.ts'
import { exportName, exportText } from '../../../domain/export.ts'
import { limit } from '../../../utils/limits.ts'
import { defineUserRoute } from '../../../utils/route.ts'
import { refuseOtherWebsites, sendExport } from '../../../utils/send-export.ts'

const types = { markdown: { ending: 'md', type: 'text/markdown; charset=utf-8' }, json: { ending: 'json', type: 'application/json; charset=utf-8' } } as const

/** As Markdown: the branch that is shown. As JSON: every branch. */
export default defineUserRoute({
  summary: 'A conversation to keep, as Markdown or JSON',
  refuses: ['conversation_not_found', 'forbidden_origin', 'too_many_requests'],
  params: z.strictObject({ id: Id }), query: z.strictObject({ format: z.enum(exportFormats) }), answer: ExportedConversation, answers: 'text/markdown',
}, async ({ services, event, user, params, query: { format } }) => {
  refuseOtherWebsites(event, services.config)
  const conversation = await ownConversation(services.database.db, user, params.id)
  await limit(services, event, 'export.user', user.id)
  const { ending, type } = types[format]
  await sendExport(event, Readable.from(exportText(services, conversation, format)), { name: `${exportName(conversation)}.${ending}`, type })
})
