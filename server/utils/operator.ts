import { timingSafeEqual, createHash } from 'node:crypto'
import { getHeader, type H3Event } from 'h3'
import type { Config } from '../config.ts'

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Whether a request carries `authorization: Bearer <token>`; how long that takes to say tells nothing of the token. */
export const bears = (event: H3Event, token: string): boolean =>
  timingSafeEqual(digest(getHeader(event, 'authorization') ?? ''), digest(`Bearer ${token}`))

/**
 * Whether a request comes from whoever runs this server: it carries `METRICS_TOKEN` (`authorization: Bearer …`), or, while no
 * token is set, it comes from this very machine and was not passed on by a proxy.
 */
export function isOperator(event: H3Event, { env }: Pick<Config, 'env'>): boolean {
  const token = env.METRICS_TOKEN
  if (token !== undefined) return bears(event, token)
  const forwarded = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via'].some(name => getHeader(event, name) !== undefined)
  return !forwarded && /^(127\.|::1$|::ffff:127\.)/.test(event.node.req.socket.remoteAddress ?? '')
}
