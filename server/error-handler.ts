/**
 * Nitro's first error handler: answers programs in JSON, and lets a page's error go on to Nuxt's error page with nothing
 * in it but a status and a sentence. This Nuxt would put more of it into the page (docs/security.md, GHSA of 4.6.4).
 */
import { STATUS_CODES } from 'node:http'
import { getHeader, type H3Error, type H3Event } from 'h3'
import { answerError } from './utils/answer-error.ts'
import { refusalOf } from './utils/problem.ts'
import { requestIdOf } from './utils/request.ts'
import { useServices } from './utils/services.ts'

const wantsPage = (event: H3Event): boolean =>
  !/^\/(api|ws|metrics)(\/|\?|$)/.test(event.path) && (getHeader(event, 'accept') ?? '').includes('text/html')

/** Takes everything out of an error that isn't meant for people. */
export function cleanError(error: H3Error, event: H3Event): void {
  const { log } = useServices()
  const { status, problem } = refusalOf(error, log, { requestId: requestIdOf(event), method: event.method, path: event.path.split('?')[0] })
  Object.assign(error, { statusCode: status, statusMessage: STATUS_CODES[status], message: problem.message, data: undefined, cause: undefined, stack: '', fatal: false, unhandled: false })
}

export default async function handleError(error: H3Error, event: H3Event): Promise<void> {
  if (!wantsPage(event)) return answerError(error, event)
  // A developer wants to see it all.
  if (!import.meta.dev) cleanError(error, event)
}
