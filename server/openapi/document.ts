/** The OpenAPI 3.1 document, made from the very schemas the routes check with. */
import { z } from 'zod'
import { ProblemView } from '../../shared/conversation.ts'
import { errors } from '../../shared/errors.ts'
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

function operationOf({ method, path, route: { route } }: ListedRoute): Json {
  const answered = route.answers
    ? { [route.answers]: { schema: { type: 'string' } } }
    : json(route.answer ? schemaOf(route.answer, 'output') : {})
  return {
    operationId: `${method} ${path}`,
    summary: route.summary ?? '',
    tags: [path.split('/')[2] ?? 'other'],
    security: route.access === 'user' ? [{ session: [] }] : [],
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
    ...(route.body ? { requestBody: { required: true, content: json(schemaOf(route.body, 'input')) } } : {}),
    responses: { 200: { description: 'Done.', content: answered }, default: { $ref: '#/components/responses/Problem' } },
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
      schemas: { Problem: schemaOf(z.object({ error: ProblemView }), 'output') },
      responses: { Problem: { description: 'Refused, with the reason.', content: json({ $ref: '#/components/schemas/Problem' }) } },
    },
  }
}
