import { getRouterParam } from 'h3'
import { AppError } from '../../domain/errors.ts'
import { serveFile } from '../../media/serve-file.ts'
import { definePublicRoute } from '../../utils/route.ts'

/** Whoever has a signed link may read or send what it names, as with an S3 store. */
export default definePublicRoute({ summary: 'A file by its signed link', answers: 'application/octet-stream' }, async ({ services, event }) => {
  if (!services.store.files) throw new AppError('not_found')
  await serveFile(services.store.files, getRouterParam(event, 'key', { decode: true }) ?? '', event.node.req, event.node.res)
  event._handled = true
})
