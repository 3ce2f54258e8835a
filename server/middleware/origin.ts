import { defineEventHandler, getHeader } from 'h3'
import { AppError } from '../domain/errors.ts'
import { isOwnOrigin, readHeaderOf } from '../utils/origin.ts'
import { fromTrustedProxy } from '../utils/request.ts'
import { answerProblem } from '../utils/route.ts'
import { useServices } from '../utils/services.ts'

const readOnly = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Refuses whatever would change something at the wish of another website, before any route sees it. */
export default defineEventHandler((event) => {
  if (readOnly.has(event.method)) return undefined
  const { config } = useServices()
  const forwardedHost = fromTrustedProxy(event, config) ? getHeader(event, 'x-forwarded-host') : undefined
  if (isOwnOrigin(readHeaderOf(event.node.req), config, forwardedHost)) return undefined
  return answerProblem(event, new AppError('forbidden_origin'))
})
