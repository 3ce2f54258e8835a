import { setResponseHeader } from 'h3'
import { definePublicRoute } from '../../utils/route.ts'

/** Swagger's own colours are too pale to read; these reach 4.5 to 1. */
const colours = `
body { margin: 0; background: #fff; }
.swagger-ui .info .title small { background: #4b5563; }
.swagger-ui .info .title small.version-stamp { background: #466400; }
.swagger-ui .info a, .swagger-ui .info .url { color: #1d5fae; }
.swagger-ui .btn.authorize, .swagger-ui .btn.authorize span { color: #17693f; border-color: #17693f; }
.swagger-ui .btn.authorize svg { fill: #17693f; }
.swagger-ui .opblock.opblock-get .opblock-summary-method { background: #1d5fae; }
.swagger-ui .opblock.opblock-post .opblock-summary-method { background: #17693f; }
.swagger-ui .opblock.opblock-put .opblock-summary-method { background: #8a4b00; }
.swagger-ui .opblock.opblock-patch .opblock-summary-method { background: #0f6b62; }
.swagger-ui .opblock.opblock-delete .opblock-summary-method { background: #b42318; }
.swagger-ui .json-schema-2020-12-expand-deep-button { color: #3b4151; }
.swagger-ui .parameter__name.required span, .swagger-ui .parameter__name.required::after { color: #b42318; }
`

/** Without deep links, which would stand inside the buttons that open each route. */
const page = (nonce: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley: REST</title>
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<style>${colours}</style>
</head>
<body>
<div id="document"></div>
<script nonce="${nonce}" src="/api/docs/swagger-ui-bundle.js"></script>
<script nonce="${nonce}">SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#document', validatorUrl: null })</script>
</body>
</html>
`

/** The document as a page to read and try. All of it comes from this server. */
export default definePublicRoute({ summary: 'The API, browsable', answers: 'text/html' }, ({ event }) => {
  setResponseHeader(event, 'content-type', 'text/html; charset=utf-8')
  return page(event.context.nonce ?? '')
})
