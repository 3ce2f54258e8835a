import { openApiDocument } from '../openapi/document.ts'
import { definePublicRoute } from '../utils/route.ts'

export default definePublicRoute({ summary: 'The OpenAPI document' }, () => openApiDocument())
