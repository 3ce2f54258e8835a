/**
 * What every REST route is made with: session, schemas, errors, caching. A route is its shape, one call, one return.
 *
 *     export default defineUserRoute({ summary: 'Rename', params: z.strictObject({ id: Id }), body: RenameInput, answer: ConversationView },
 *       ({ services, user, params, body }) => renameConversation(services, user, params.id, body.title))
 */
import { defineEventHandler, getRouterParams, setResponseHeader, setResponseStatus, type EventHandler, type H3Event } from 'h3'
import type { z } from 'zod'
import type { ErrorCode, Problem } from '../../shared/errors.ts'
import type { SessionUser } from '../domain/access.ts'
import { AppError } from '../domain/errors.ts'
import type { Services } from '../services.ts'
import { defaultMaxBytes, readJson, readQuery } from './body.ts'
import { refusalOf, refusedInput } from './problem.ts'
import { noteUser, requestIdOf } from './request.ts'
import { findSession } from './session.ts'
import { useServices } from './services.ts'

type Schema = z.ZodType | undefined
type Given<S extends Schema> = S extends z.ZodType ? z.output<S> : undefined

/** What a route takes and gives; the OpenAPI document (server/openapi) is made from it. Object schemas are strict. */
export interface RouteShape<P extends Schema = Schema, Q extends Schema = Schema, B extends Schema = Schema> {
  /** One line for the document. */
  summary?: string
  params?: P
  /** Parameters come as text: `z.coerce` where a number is meant. */
  query?: Q
  /** A JSON body. A route without it that takes other bytes reads them itself, with a limit, and says their type in `takes`. */
  body?: B
  takes?: string
  /** What it refuses with beside what every route of its kind does; the document lists them, and tests hold that it does. */
  refuses?: readonly ErrorCode[]
  /** Bytes of the JSON body at most. */
  maxBytes?: number
  /** What it answers with 200. */
  answer?: z.ZodType
  /** Answers also while the database isn't open yet. */
  early?: boolean
  /** Content type of an answer that isn't JSON; beside `answer`, of what is asked for instead. */
  answers?: string
}

export interface Call<P extends Schema, Q extends Schema, B extends Schema> {
  services: Services
  event: H3Event
  params: Given<P>
  query: Given<Q>
  body: Given<B>
}
export interface UserCall<P extends Schema, Q extends Schema, B extends Schema> extends Call<P, Q, B> {
  user: SessionUser
  sessionId: string
}

export type Route = EventHandler & { route: RouteShape & { access: 'user' | 'public' } }

const readyDeadlineMs = 10_000
const opened = new WeakSet<Services>()

/** The services, once the database has its tables. */
async function openServices(early = false): Promise<Services> {
  let services: Services
  try {
    services = useServices()
  }
  catch (cause) {
    throw new AppError('unavailable', { cause })
  }
  if (early || opened.has(services)) return services
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('unavailable')), readyDeadlineMs)
  })
  try {
    await Promise.race([services.database.ready, late])
  }
  catch (cause) {
    throw new AppError('unavailable', { cause })
  }
  finally {
    clearTimeout(timer)
  }
  opened.add(services)
  return services
}

function check<S extends Schema>(schema: S, value: unknown): Given<S> {
  if (!schema) return undefined as Given<S>
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw refusedInput(parsed.error)
  return parsed.data as Given<S>
}

/** Answers a problem. An answer that has begun can only be cut off. */
export function answerProblem(event: H3Event, error: unknown): { error: Problem } | undefined {
  const { log } = useServicesOrConsole()
  const { status, problem } = refusalOf(error, log, { requestId: requestIdOf(event), method: event.method, path: event.path.split('?')[0] })
  if (event.node.res.headersSent) {
    event.node.res.destroy()
    return undefined
  }
  setResponseStatus(event, status)
  setResponseHeader(event, 'content-type', 'application/json; charset=utf-8')
  setResponseHeader(event, 'cache-control', 'no-store')
  // What is left of a refused body is not waited for.
  if (!event.node.req.complete && event.method !== 'GET') setResponseHeader(event, 'connection', 'close')
  return { error: problem }
}

/** Before the services are open there is no log; what fails then must still be seen. */
function useServicesOrConsole(): Pick<Services, 'log'> {
  try {
    return useServices()
  }
  catch {
    return { log: console as unknown as Services['log'] }
  }
}

async function readCall<P extends Schema, Q extends Schema, B extends Schema>(services: Services, event: H3Event, shape: RouteShape<P, Q, B>): Promise<Call<P, Q, B>> {
  return {
    services,
    event,
    params: check(shape.params as P, shape.params && getRouterParams(event)),
    query: check(shape.query as Q, shape.query && readQuery(event)),
    body: check(shape.body as B, shape.body && await readJson(event, shape.maxBytes ?? defaultMaxBytes)),
  }
}

function route(access: 'user' | 'public', shape: RouteShape, run: (services: Services, event: H3Event) => unknown): Route {
  const handler = defineEventHandler(async (event) => {
    setResponseHeader(event, 'cache-control', 'no-store')
    try {
      return await run(await openServices(shape.early), event)
    }
    catch (error) {
      return answerProblem(event, error)
    }
  })
  return Object.assign(handler, { route: { ...shape, access } })
}

/** A route anybody may call. */
export function definePublicRoute<P extends Schema = undefined, Q extends Schema = undefined, B extends Schema = undefined>(
  shape: RouteShape<P, Q, B>, run: (call: Call<P, Q, B>) => unknown): Route {
  return route('public', shape, async (services, event) => run(await readCall(services, event, shape)))
}

/** A route for whoever is signed in, guests included. Who that is, is looked up before anything else is read. */
export function defineUserRoute<P extends Schema = undefined, Q extends Schema = undefined, B extends Schema = undefined>(
  shape: RouteShape<P, Q, B>, run: (call: UserCall<P, Q, B>) => unknown): Route {
  return route('user', shape, async (services, event) => {
    const session = await findSession(event.headers)
    if (!session) throw new AppError('not_signed_in')
    noteUser(event, session.user.id)
    return run({ ...await readCall(services, event, shape), ...session })
  })
}
