/** A line that falters: pages come through up to a word, the rest of them when it is let go on; everything else at once. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'

export async function openFalteringLine(url: string, upTo: string) {
  let goOn = () => {}
  const released = new Promise<void>((resolve) => { goOn = resolve })
  const server = createServer(async (request, response) => {
    const answer = await fetch(url + request.url, { headers: { cookie: request.headers.cookie ?? '' } })
    const type = answer.headers.get('content-type') ?? ''
    response.writeHead(answer.status, { 'content-type': type })
    if (!answer.body || !type.includes('text/html')) return answer.body ? Readable.from(answer.body).pipe(response) : response.end()
    const page = await answer.text()
    const cut = page.indexOf(upTo)
    response.write(page.slice(0, cut))
    await released
    response.end(page.slice(cut))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    goOn,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
