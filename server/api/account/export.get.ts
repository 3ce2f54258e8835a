import { exportEverything } from '../../domain/export-archive.ts'
import { limit } from '../../utils/limits.ts'
import { defineUserRoute } from '../../utils/route.ts'
import { refuseOtherWebsites, sendExport } from '../../utils/send-export.ts'

/** Conversations as Markdown and JSON, and every file as it is. Made while it is sent. */
export default defineUserRoute({
  summary: 'Everything I have, as a ZIP archive',
  refuses: ['forbidden_origin', 'too_many_requests'],
  answers: 'application/zip',
}, async ({ services, event, user, sessionId }) => {
  refuseOtherWebsites(event, services.config)
  await limit(services, event, 'export.user', user.id)
  await sendExport(event, exportEverything(services, user, sessionId), { name: `parley-${user.username}-${new Date().toISOString().slice(0, 10)}.zip`, type: 'application/zip' })
})
