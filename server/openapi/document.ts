/** The OpenAPI 3.1 document, made from the very schemas the routes check with. */
import { z } from 'zod'
import { ProblemView } from '../../shared/conversation.ts'
import { errors, type ErrorCode } from '../../shared/errors.ts'
import { LiveEvent } from '../../shared/protocol.ts'
import { routes, type ListedRoute } from './routes.ts'

type Json = Record<string, unknown>

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as Json
  return rest
}

/** Parameters of an object schema, in the path or the query. */
function parametersOf(schema: z.ZodType | undefined, where: 'path' | 'query'): Json[] {
  if (!schema) return []
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as { properties?: Record<string, Json>, required?: string[] }
  return Object.entries(properties).map(([name, property]) =>
    ({ name, in: where, required: where === 'path' || required.includes(name), schema: property }))
}

const json = (schema: Json) => ({ 'application/json': { schema } })
const anyBytes = (type: string) => ({ [type]: { schema: { type: 'string', format: 'binary' } } })

/** Every code a route may refuse with: what all of its kind do, and what it says itself. */
export function refusalsOf({ method, route: { route } }: ListedRoute): ErrorCode[] {
  return [
    ...route.params || route.query || route.body ? ['invalid_input' as const] : [],
    ...route.access === 'user' ? ['not_signed_in' as const] : [],
    ...method === 'get' ? [] : ['forbidden_origin' as const],
    ...route.refuses ?? [],
    ...route.body ? ['too_large' as const] : [],
    'internal',
    ...route.early ? [] : ['unavailable' as const],
  ]
}

/** Refusals by their status, each with an example. */
function refusedAnswers(listed: ListedRoute): Json {
  const byStatus = Map.groupBy(refusalsOf(listed), code => errors[code].status)
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, {
    description: codes.map(code => `\`${code}\``).join(', '),
    content: { 'application/json': {
      schema: { $ref: '#/components/schemas/Problem' },
      examples: Object.fromEntries(codes.map(code => [code, { $ref: `#/components/examples/${code}` }])),
    } },
    ...(status === 429 ? { headers: { 'retry-after': { description: 'Seconds to wait, where that is known', schema: { type: 'integer' } } } } : {}),
  }]))
}

const exampleOf = (code: ErrorCode): Json =>
  ({ summary: errors[code].text, value: { error: { code, message: errors[code].text, ...(code === 'invalid_input' ? { field: 'conversationId' } : {}) } } })

function answerOf({ route: { route } }: ListedRoute): Json {
  // Each `data:` line of a stream is one of the protocol's events.
  if (route.answers === 'text/event-stream') return { [route.answers]: { schema: { $ref: '#/components/schemas/LiveEvent' } } }
  return {
    ...route.answer || !route.answers ? json(route.answer ? schemaOf(route.answer, 'output') : {}) : {},
    ...route.answers ? { [route.answers]: { schema: { type: 'string' } } } : {},
  }
}

function bodyOf({ route: { route } }: ListedRoute): Json {
  if (route.takes) return { requestBody: { required: true, content: anyBytes(route.takes) } }
  return route.body ? { requestBody: { required: true, content: json(schemaOf(route.body, 'input')) } } : {}
}

function operationOf(listed: ListedRoute): Json {
  const { method, path, route: { route } } = listed
  return {
    operationId: `${method} ${path}`,
    summary: route.summary ?? '',
    tags: [path.split('/')[2] ?? 'other'],
    security: route.access === 'user' ? [{ session: [] }] : [],
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
    ...bodyOf(listed),
    responses: { 200: { description: 'Done.', content: answerOf(listed) }, ...refusedAnswers(listed) },
  }
}

/** `/api/x/:id` as OpenAPI writes it. */
const template = (path: string) => path.replace(/:(\w+)/g, '{$1}')

let made: Json | undefined

export function openApiDocument(): Json {
  if (made) return made
  const paths: Record<string, Json> = {}
  for (const listed of routes) (paths[template(listed.path)] ??= {})[listed.method] = operationOf(listed)
  const codes = Object.entries(errors).map(([code, { status, text }]) => `- \`${code}\` (${status}): ${text}`).join('\n')
  const examples = Object.fromEntries([...new Set(routes.flatMap(refusalsOf))].map(code => [code, exampleOf(code)]))
  return made = {
    openapi: '3.1.0',
    info: {
      title: 'Parley',
      version: '1',
      description: `Everything over HTTP. Conversations are changed by commands (\`POST /api/commands\`), and followed over the socket at \`/ws\` or as server-sent events (\`GET /api/live\`).\n\nA refusal is \`{ "error": { "code", "message", "field" } }\` with one of these codes:\n\n${codes}`,
    },
    paths,
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'parley.session', description: 'Set by signing in. Named `__Host-parley.session` where people come by https.' } },
      schemas: { Problem: schemaOf(z.object({ error: ProblemView }), 'output'), LiveEvent: schemaOf(LiveEvent, 'output') },
      examples,
    },
  }
}
