/**
 * What every browser test gets: a server of the worker's own (in zero-setup mode, unless a file says otherwise), and pages that fail the test for any
 * console error, hydration warning, script error, or request to another host.
 */
import { test as base, expect, type BrowserContext, type Page } from '@playwright/test'
import { signInAsGuest, type Session } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { ConversationPage } from './pages/conversation.ts'
import { LoginPage } from './pages/login.ts'

interface WorkerThings {
  server: TestServer
  /** Hosts beside the server that pages may speak to. */
  otherHosts: string[]
}
interface TestThings {
  /** Faults seen so far. A test that provokes one takes it out of the list. */
  faults: string[]
  login: LoginPage
  conversation: ConversationPage
  /** A guest's page at the beginning of a conversation. */
  guest: ConversationPage
  /** Another browser: its own cookies, watched like the first. */
  another(): Promise<Page>
}

// Said by the browser, not by us: a request that was cut off on purpose (offline, a killed server), or refused with a reason.
const networkNoise = /Failed to load resource: the server responded with a status of 4\d\d|net::ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|NETWORK_CHANGED|ABORTED|SOCKET_NOT_CONNECTED)|WebSocket connection to .* failed/

function watchPages(context: BrowserContext, hosts: string[], faults: string[]) {
  // Nuxt says so in words of its own when its list of the build was cut off; one that is refused or missing is a fault.
  let cutOff = false
  context.on('requestfailed', (request) => { cutOff ||= request.url().includes('/_nuxt/builds/') })
  context.on('console', (message) => {
    if (cutOff && message.text().includes('NUXT_E5002')) return
    const isFault = message.type() === 'error' || /hydration/i.test(message.text())
    if (isFault && !networkNoise.test(message.text())) faults.push(`console: ${message.text()} (${message.location().url})`)
  })
  context.on('weberror', error => faults.push(`script: ${error.error().stack ?? error.error().message}`))
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (['data:', 'blob:', 'about:'].includes(url.protocol)) return
    if (!hosts.includes(url.host)) faults.push(`request to another host: ${request.url()}`)
  })
}

/** From here on the browser is this person's. */
export async function carrySession(context: BrowserContext, { cookie, url }: Session) {
  const [name = '', value = ''] = cookie.split(/=(.*)/s)
  await context.addCookies([{ name, value, url }])
}

export const test = base.extend<TestThings, WorkerThings>({
  server: [async ({}, use) => {
    const server = await startServer()
    await use(server)
    await server.close()
  }, { scope: 'worker' }],

  otherHosts: [[], { scope: 'worker' }],

  baseURL: async ({ server }, use) => { await use(server.url) },

  faults: [async ({ context, server, otherHosts }, use) => {
    const faults: string[] = []
    watchPages(context, [`127.0.0.1:${server.port}`, ...otherHosts], faults)
    await use(faults)
    expect(faults).toEqual([])
  }, { auto: true }],

  login: async ({ page }, use) => { await use(new LoginPage(page)) },
  conversation: async ({ page }, use) => { await use(new ConversationPage(page)) },
  // Not by the sign-in page, which has tests of its own: half a second less for each of the others.
  guest: async ({ context, conversation, server }, use) => {
    await carrySession(context, await signInAsGuest(server.url))
    await conversation.open('/')
    await use(conversation)
  },
  another: async ({ browser, server, otherHosts, faults }, use) => {
    const opened: BrowserContext[] = []
    await use(async () => {
      const context = await browser.newContext({ baseURL: server.url, locale: 'en-GB' })
      watchPages(context, [`127.0.0.1:${server.port}`, ...otherHosts], faults)
      opened.push(context)
      return context.newPage()
    })
    for (const context of opened) await context.close()
  },
})

/** Pages and their parts come through; sockets, live events and commands do not, until it is opened. */
export async function blockLine(context: BrowserContext) {
  let isOpen = false
  await context.routeWebSocket(/\/ws$/, socket => isOpen ? socket.connectToServer() : socket.close())
  await context.route(/\/api\/(live|commands)/, route => isOpen ? route.continue() : route.abort('connectionrefused'))
  return { open: () => { isOpen = true } }
}

export { expect }
