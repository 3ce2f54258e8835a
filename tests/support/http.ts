/** Our routes as a running server, without a Nuxt build: the same handlers, middleware and error handler on a port of their own. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp, createRouter, toNodeListener, type EventHandler } from 'h3'
import { refusalsOf } from '../../server/openapi/document.ts'
import originGuard from '../../server/middleware/origin.ts'
import { routes } from '../../server/openapi/routes.ts'
import type { Services } from '../../server/services.ts'
import { answerError } from '../../server/utils/answer-error.ts'
import { beginRequest } from '../../server/utils/begin-request.ts'
import { provideServices } from '../../server/utils/services.ts'

export interface Refused { error: { code: string, message: string, field?: string } }

export interface Answer<T = Refused> {
  status: number
  headers: Headers
  /** The parsed body of a JSON answer, else undefined. */
  body: T
  text: string
}

/** A browser, as far as HTTP goes: it keeps cookies, and says where its page is from. */
export interface Browser {
  cookies: Map<string, string>
  get<T = Refused>(path: string, headers?: Record<string, string>): Promise<Answer<T>>
  send<T = Refused>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>>
}

export interface TestHttp {
  url: string
  browser(): Browser
  /** A browser that is signed in with an account of its own. */
  user(name?: string): Promise<Browser & { id: string, username: string }>
  guest(): Promise<Browser & { id: string }>
}

export const testPassword = 'a quiet harbour'

const headersOf = (url: string, cookies: Map<string, string>, method: string, body: unknown): Record<string, string> => ({
  ...(cookies.size > 0 ? { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
  ...(method === 'GET' ? {} : { 'origin': url, 'sec-fetch-site': 'same-origin' }),
  ...(body === undefined ? {} : { 'content-type': 'application/json' }),
})

const bodyOf = (body: unknown): BodyInit => typeof body === 'string' || body instanceof Uint8Array ? body as BodyInit : JSON.stringify(body)

function keepCookies(cookies: Map<string, string>, { headers }: Response): void {
  for (const cookie of headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
    if (!name) continue
    if (!value || /max-age=0/i.test(cookie)) cookies.delete(name)
    else cookies.set(name, value)
  }
}

/** A refusal that the OpenAPI document doesn't name fails whichever test meets it. Paths of no route of ours have none. */
function checkDocumented(method: string, path: string, body: unknown): void {
  const code = (body as Refused | undefined)?.error?.code
  const plain = path.split('?')[0] ?? ''
  const listed = routes.find(route => route.method === method.toLowerCase() && new RegExp(`^${route.path.replace(/:\w+/g, '[^/]+')}$`).test(plain))
  if (code && listed && !(refusalsOf(listed) as string[]).includes(code)) throw new Error(`${listed.method} ${listed.path} refused with ${code}: name it in the route's \`refuses\``)
}

function openBrowser(url: string): Browser {
  const cookies = new Map<string, string>()
  const send = async <T = Refused>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> => {
    const response = await fetch(url + path, {
      method, redirect: 'manual', headers: { ...headersOf(url, cookies, method, body), ...headers }, ...(body === undefined ? {} : { body: bodyOf(body) }),
    })
    keepCookies(cookies, response)
    const text = await response.text()
    const json = response.headers.get('content-type')?.includes('json')
    const answered = json && text ? JSON.parse(text) : undefined
    if (response.status >= 400) checkDocumented(method, path, answered)
    return { status: response.status, headers: response.headers, text, body: answered }
  }
  return { cookies, send, get: (path, headers) => send('GET', path, undefined, headers) }
}

let names = 0

/** Lends a server of all routes on these services. One at a time in a process: `useServices` knows one. */
export async function withHttp<R>(services: Services, work: (http: TestHttp) => Promise<R>, extra: (router: ReturnType<typeof createRouter>) => void = () => {}): Promise<R> {
  provideServices(services)
  const app = createApp({ onRequest: beginRequest, onError: answerError })
  const router = createRouter({ preemptive: true })
  app.use(originGuard)
  for (const { method, path, route } of routes) router.use(path, route as EventHandler, method)
  extra(router)
  app.use(router)
  const server = createServer(toNodeListener(app))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const signedIn = async (path: string, body?: unknown) => {
    const browser = openBrowser(url)
    const answer = await browser.send<{ user: { id: string, username: string } }>('POST', path, body)
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return Object.assign(browser, answer.body.user)
  }
  try {
    return await work({
      url,
      browser: () => openBrowser(url),
      user: (name = `person${++names}`) => signedIn('/api/auth/sign-up/email', { username: name, password: testPassword }),
      guest: () => signedIn('/api/auth/sign-in/anonymous'),
    })
  }
  finally {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
}
