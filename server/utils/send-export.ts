import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setResponseHeaders, type H3Event } from 'h3'
import type { Config } from '../config.ts'
import { AppError } from '../domain/errors.ts'
import { disposition } from '../media/disposition.ts'
import { isOwnOrigin, readHeaderOf } from './origin.ts'

/** Another website can make a browser begin a download, which costs something: it is refused before anything is read. */
export function refuseOtherWebsites(event: H3Event, config: Pick<Config, 'env'>): void {
  if (!isOwnOrigin(readHeaderOf(event.node.req), config)) throw new AppError('forbidden_origin')
}

/** Sends what is made while it is sent, as a file to keep. Whoever leaves in the middle ends its making. */
export async function sendExport(event: H3Event, source: Readable, { name, type }: { name: string, type: string }): Promise<void> {
  setResponseHeaders(event, { 'content-type': type, 'content-disposition': disposition(false, name), 'content-security-policy': 'default-src \'none\'; sandbox' })
  event._handled = true
  const { res } = event.node
  await pipeline(source, res).catch((error: unknown) => {
    if (!res.destroyed || !res.headersSent) throw error
  })
}
