import { setResponseHeader } from 'h3'
import { definePublicRoute } from '../../utils/route.ts'

const page = (nonce: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley: REST</title>
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
</head>
<body>
<div id="document"></div>
<script nonce="${nonce}" src="/api/docs/swagger-ui-bundle.js"></script>
<script nonce="${nonce}">SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#document', validatorUrl: null, deepLinking: true })</script>
</body>
</html>
`

/** The document as a page to read and try. All of it comes from this server. */
export default definePublicRoute({ summary: 'The API, browsable', answers: 'text/html' }, ({ event }) => {
  setResponseHeader(event, 'content-type', 'text/html; charset=utf-8')
  return page(event.context.nonce ?? '')
})
