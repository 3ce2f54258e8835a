import { setResponseHeader } from 'h3'
import { z } from 'zod'
import { authOf } from '../../auth.ts'
import { authHeaders, callAuth, passCookies } from '../../utils/auth-call.ts'
import { defineUserRoute } from '../../utils/route.ts'

/** Ends this session: its token, its sockets and streams, and what the browser kept of it. */
export default defineUserRoute({ summary: 'Sign out', answer: z.object({ ok: z.literal(true) }) }, async ({ services, event, sessionId }) => {
  const { headers } = await callAuth(authOf(services).api.signOut({ headers: authHeaders(event, services), returnHeaders: true }))
  passCookies(event, headers)
  setResponseHeader(event, 'clear-site-data', '"storage"')
  await services.bus.publish({ type: 'session.ended', sessionId })
  return { ok: true }
})
