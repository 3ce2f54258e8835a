import { setResponseHeader } from 'h3'
import { AppError } from '../domain/errors.ts'
import { measure } from '../domain/health.ts'
import { reportMetrics } from '../metrics.ts'
import { isOperator } from '../utils/operator.ts'
import { definePublicRoute } from '../utils/route.ts'

/** Prometheus' report, for the operator alone: to anybody else there is nothing here. */
export default definePublicRoute({ summary: 'Measures for Prometheus', refuses: ['not_found'], answers: 'text/plain' }, async ({ services, event }) => {
  if (!isOperator(event, services.config)) throw new AppError('not_found')
  await measure(services)
  const { contentType, text } = await reportMetrics()
  setResponseHeader(event, 'content-type', contentType as 'text/plain')
  return text
})
