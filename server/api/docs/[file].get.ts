// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- the browser's type-check comes here by Nitro's route types, and has to know the module
/// <reference path="../../openapi/swagger-ui.d.ts" />
import { setResponseHeaders } from 'h3'
import { z } from 'zod'
import { definePublicRoute } from '../../utils/route.ts'

const types = { 'swagger-ui-bundle.js': 'text/javascript; charset=utf-8', 'swagger-ui.css': 'text/css; charset=utf-8' } as const
const Params = z.strictObject({ file: z.enum(['swagger-ui-bundle.js', 'swagger-ui.css']) })

/** Swagger UI's own files. They are loaded when the page is first asked for. */
export default definePublicRoute({ summary: 'Files of the page', params: Params, answers: 'text/plain' }, async ({ event, params: { file } }) => {
  const { files } = await import('#swagger-ui')
  setResponseHeaders(event, { 'content-type': types[file], 'cache-control': 'public, max-age=3600' })
  return Buffer.from(files[file], 'base64')
})
