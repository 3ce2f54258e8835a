import type { H3Event } from 'h3'
import { startRequest } from './request.ts'
import { setSecurityHeaders } from './security-headers.ts'
import { useServices } from './services.ts'

/** What is done to every request before anything answers it, whether a page, a file or a route: id, log line, headers. */
export function beginRequest(event: H3Event): void {
  const { config, log } = useServices()
  startRequest(event, { log })
  setSecurityHeaders(event, config)
}
