import { describe, expect, it } from 'vitest'
import { openApiDocument, refusalsOf } from '../../../../server/openapi/document.ts'
import { routes } from '../../../../server/openapi/routes.ts'
import { errors, type ErrorCode } from '../../../../shared/errors.ts'
import { LiveEvent } from '../../../../shared/protocol.ts'
import { routeFiles } from '../../../support/route-files.ts'

/** Files that answer HTTP without being in the document, each with its reason. */
const left: Record<string, string> = {
  'get /api/openapi.json': 'the document itself',
  'get /api/docs': 'the page that shows the document',
  'get /api/docs/:file': 'files of that page',
  'all /files/**': 'signed links that the document’s answers carry; their form is the store’s own',
  'all /ws': 'the socket (docs/protocol.md)',
}

describe('the OpenAPI document', () => {
  it('lists every route there is a file of, but those with a reason', () => {
    const files = routeFiles()
    const listed = routes.map(({ method, path }) => `${method} ${path}`)
    expect(files.filter(route => !listed.includes(route) && !(route in left)), 'add them to server/openapi/routes.ts').toEqual([])
    expect([...listed, ...Object.keys(left)].filter(route => !files.includes(route)), 'these have no file').toEqual([])
  })

  it('says for each what it is for and what it answers', () => {
    expect(routes.filter(({ route: { route } }) => !route.summary || !(route.answer ?? route.answers)).map(({ path }) => path)).toEqual([])
  })

  it('is made from the schemas the routes check with', () => {
    const paths = openApiDocument().paths as Record<string, Record<string, { parameters: unknown[], requestBody: { content: Record<string, { schema: Record<string, unknown> }> } }>>
    expect(paths['/api/auth/sign-up/email']?.post?.requestBody.content['application/json']?.schema).toMatchObject({
      required: ['username', 'password'], additionalProperties: false, properties: { password: { minLength: 8, maxLength: 128 } },
    })
    expect(paths['/api/sessions/{id}']?.delete?.parameters).toEqual([expect.objectContaining({ name: 'id', in: 'path', required: true })])
    expect(paths['/api/search']?.get?.parameters).toEqual([expect.objectContaining({ name: 'q', required: true }), expect.objectContaining({ name: 'before', required: false })])
  })

  it('says for each how it refuses, by status, with an example of each', () => {
    const { paths, components } = openApiDocument() as { paths: Record<string, Record<string, { responses: Record<string, { content: Record<string, { examples?: Record<string, { $ref: string }> }> }> }>>, components: { examples: Record<string, { value: unknown }> } }
    for (const listed of routes) {
      const { responses } = paths[listed.path.replace(/:(\w+)/g, '{$1}')]?.[listed.method] ?? { responses: {} }
      const examples = Object.entries(responses).flatMap(([status, { content }]) => Object.entries(content['application/json']?.examples ?? {}).map(([code, { $ref }]) => ({ status, code, $ref })))
      expect(examples.map(({ code }) => code).toSorted()).toEqual([...new Set(refusalsOf(listed))].toSorted())
      for (const { status, code, $ref } of examples) {
        expect(Number(status)).toBe(errors[code as ErrorCode].status)
        expect([$ref, components.examples[code]?.value]).toEqual([`#/components/examples/${code}`, { error: expect.objectContaining({ code, message: errors[code as ErrorCode].text }) }])
      }
    }
    expect(Object.keys(paths['/api/sessions/{id}']?.delete?.responses ?? {})).toEqual(['200', '400', '401', '403', '404', '500', '503'])
  })

  it('says of every body what it is', () => {
    const { paths } = openApiDocument() as { paths: Record<string, Record<string, { requestBody?: { content: object } }>> }
    const without = routes.filter(({ method, path, route: { route } }) => (route.body || route.takes) && !paths[path.replace(/:(\w+)/g, '{$1}')]?.[method]?.requestBody)
    expect(without).toEqual([])
    expect(Object.keys(paths['/api/media/{id}/content']?.put?.requestBody?.content ?? {})).toEqual(['application/octet-stream'])
  })

  it('has every event that a stream tells', () => {
    const { components } = openApiDocument() as { components: { schemas: { LiveEvent: { oneOf: { properties: { type: { const: string } } }[] } } } }
    expect(components.schemas.LiveEvent.oneOf.map(({ properties }) => properties.type.const)).toEqual(LiveEvent.options.map(option => option.shape.type.value))
  })

  it('survives being written as JSON', () => {
    expect(JSON.parse(JSON.stringify(openApiDocument()))).toEqual(openApiDocument())
  })

  it('has strict schemas for all that comes in: an unknown key is refused', () => {
    const loose = routes.flatMap(({ method, path, route: { route } }) => (['params', 'query', 'body'] as const).flatMap((what) => {
      const schema = route[what]
      if (!schema) return []
      const parsed = schema.safeParse({ 'no such key': 1 })
      const strict = !parsed.success && JSON.stringify(parsed.error.issues).includes('unrecognized_keys')
      // A union says only that nothing fitted; its members are tried by the protocol's own tests.
      const union = !parsed.success && JSON.stringify(parsed.error.issues).includes('invalid_union')
      return strict || union ? [] : [`${method} ${path} ${what}`]
    }))
    expect(loose).toEqual([])
  })
})
