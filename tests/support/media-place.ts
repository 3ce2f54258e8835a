/** Services with a media store a test can reach as a browser does, and the jobs about media at work. */
import { until } from './until.ts'
import { withServices } from './services.ts'
import { openFileHost } from './file-host.ts'
import { openS3Double, type S3Double } from './s3-double.ts'
import { sendByTicket } from './upload.ts'
import { makeUser } from './domain.ts'
import type { Dialect } from './database.ts'
import type { Sample } from './samples.ts'
import { findMedia, type MediaRow } from '../../db/queries/media.ts'
import { newId } from '../../shared/ids.ts'
import type { MediaView } from '../../shared/media.ts'
import type { SessionUser } from '../../server/domain/access.ts'
import { askTicket, confirmUpload } from '../../server/domain/media-upload.ts'
import { deleteObjects } from '../../server/jobs/delete-objects.ts'
import { processMedia } from '../../server/jobs/process-media.ts'
import { speakReply } from '../../server/jobs/speak-reply.ts'
import type { JobHandlers } from '../../server/queue/queue.ts'
import type { Services } from '../../server/services.ts'

export interface MediaPlace {
  services: Services
  /** What was logged. */
  lines: readonly string[]
  /** Null with the local store. */
  double: S3Double | null
  user: SessionUser
  other: SessionUser
  /** What a browser makes of an address. */
  reach(url: string): string
  upload(sample: Sample, by?: SessionUser): Promise<MediaView>
  /** Waits until it is no longer being processed. */
  settled(id: string): Promise<MediaRow>
  keys(prefix?: string): Promise<string[]>
  /** Starts the jobs; they run until the place is closed. */
  work(): Promise<void>
}

const idle = async () => {}

/** SQLite with the local store, or Postgres with the S3 double: the two modes. */
export async function withMediaPlace<T>(dialect: Dialect, use: (place: MediaPlace) => Promise<T>, environment: Record<string, string> = {}): Promise<T> {
  const double = dialect === 'postgres' ? await openS3Double() : null
  const s3: Record<string, string> = double ? { S3_ENDPOINT: double.endpoint, S3_BUCKET: 'parley', S3_ACCESS_KEY: double.account.accessKey, S3_SECRET_KEY: double.account.secretKey } : {}
  try {
    return await withServices(dialect, async ({ services, lines }) => {
      const host = services.store.files ? await openFileHost(services.store.files) : null
      const reach = host?.reach ?? (url => url)
      const [user, other] = [await makeUser(services), await makeUser(services)]
      const place: MediaPlace = {
        services, lines, double, user, other, reach,
        upload: async ({ name, mime, bytes }, by = user) => {
          const { media, ticket } = await askTicket(services, by, { id: newId(), name, mime, bytes: bytes.length })
          if (!ticket) return media
          const sent = await sendByTicket(ticket, bytes, reach)
          if (!sent.ok) throw new Error(`The store refused: ${sent.status} ${await sent.text()}`)
          return (await confirmUpload(services, by, media.id)).media
        },
        settled: id => until(async () => {
          const row = await findMedia(services.database.db, id)
          return row && row.status !== 'processing' ? row : null
        }, { withinMs: 60_000, what: 'the file to be processed' }),
        keys: async (prefix = '') => {
          const keys: string[] = []
          for await (const { key } of services.store.list(prefix)) keys.push(key)
          return keys.sort()
        },
        work: () => services.queue.work({
          'write-reply': idle, 'name-conversation': idle, 'sweep': idle,
          'speak-reply': (payload, context) => speakReply(services, payload, context),
          'process-media': (payload, context) => processMedia(services, payload, context),
          'delete-objects': (payload, context) => deleteObjects(services, payload, context),
        } satisfies JobHandlers, { concurrency: 2 }),
      }
      try {
        return await use(place)
      }
      finally {
        await services.queue.drain(0)
        await host?.close()
      }
    }, { ...s3, ...environment })
  }
  finally {
    await double?.close()
  }
}
