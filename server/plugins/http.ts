import { removeResponseHeader } from 'h3'
import { defineNitroPlugin } from 'nitropack/runtime'
import { beginRequest } from '../utils/begin-request.ts'
import { addNonce } from '../utils/security-headers.ts'

interface Html { head: string[], bodyAppend: string[] }

/** What every request gets, pages and files included; and the nonce that lets a page's own scripts run. */
export default defineNitroPlugin((nitro) => {
  nitro.hooks.hook('request', beginRequest)
  // Which software it is, and so which holes to try, is nobody's business.
  nitro.hooks.hook('beforeResponse', event => removeResponseHeader(event, 'x-powered-by'))
  // A page holds what its reader may see: it is kept nowhere.
  nitro.hooks.hook('render:response' as never, ((response: { headers: Record<string, string> }) => {
    response.headers['cache-control'] = 'no-store'
  }) as never)
  nitro.hooks.hook('render:html' as never, ((html: Html, { event }: { event: { context: { nonce?: string } } }) => {
    // Not in `body` nor `bodyPrepend`: they hold what the page shows, and a script in there was put there by nobody of ours.
    for (const part of ['head', 'bodyAppend'] as const)
      html[part] = html[part].map(text => addNonce(text, event.context.nonce))
  }) as never)
})
