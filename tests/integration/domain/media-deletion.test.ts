/** Promise 12 under fire: what was deleted is gone from the store, however often that fails. */
import { describe, expect, it } from 'vitest'
import { newId } from '../../../shared/ids.ts'
import { runCommand } from '../../../server/domain/commands.ts'
import { deleteMedia } from '../../../server/domain/media-storage.ts'
import { sweepOrphans } from '../../../server/domain/sweep-media.ts'
import { deleteAccount } from '../../../server/domain/users.ts'
import { mostPrefixes } from '../../../server/queue/job-types.ts'
import { dialects } from '../../support/database.ts'
import { withMediaPlace } from '../../support/media-place.ts'
import * as samples from '../../support/samples.ts'
import { until } from '../../support/until.ts'
import { sendMessage } from './send.ts'

const soon = new Date(Date.now() + 60 * 60_000)

describe.each(['a file', 'a conversation', 'an account'])('objects of %s that was deleted', (what) => {
  it('go although the store fails twice, at listing or at removing', () => withMediaPlace('postgres', async (place) => {
    const { services, user, double } = place
    await place.work()
    const [film, photo] = [await place.upload(samples.video()), await place.upload(await samples.photo())]
    await Promise.all([film, photo].map(({ id }) => place.settled(id)))
    const sent = await sendMessage(services, user, { mediaIds: [film.id, photo.id] })
    await until(() => ![...double!.objects.keys()].some(key => /\/(upload|original)$/.test(key) && key.includes(photo.id)), { what: 'the photo to stand without its metadata alone' })
    expect(double!.objects.size).toBeGreaterThan(5)
    double!.failNext(2, what === 'a conversation' ? 'GET' : 'POST')
    if (what === 'a file') for (const { id } of [film, photo]) await deleteMedia(services, user, id)
    else if (what === 'a conversation') await runCommand(services, user, { type: 'conversation.delete', id: newId(), conversationId: sent.conversationId })
    else await deleteAccount(services, user)
    await until(() => double!.objects.size === 0, { withinMs: 30_000, what: 'the store to be empty' })
    expect(place.lines.filter(line => line.includes('"incomplete":true')).length).toBeGreaterThanOrEqual(1)
    expect(await sweepOrphans(services, soon)).toBe(0)
  }), 90_000)
})

it.each(dialects)('a conversation with more files than one job takes is deleted with all of them, on %s', dialect => withMediaPlace(dialect, async (place) => {
  const { services, user } = place
  const { db, tables: { media } } = services.database
  const { conversationId, messageId } = await sendMessage(services, user, {})
  const before = (await services.queue.status()).ready
  const files = Array.from({ length: mostPrefixes + 500 }, () => newId())
  for (let from = 0; from < files.length; from += 500) {
    await db.insert(media).values(files.slice(from, from + 500).map(id => ({
      id, messageId, userId: user.id, type: 'file' as const, filePath: `${user.id}/${id}/original`, name: 'note.txt', mime: 'text/plain', bytes: 1, storedBytes: 1, status: 'ready' as const,
    })))
  }
  await runCommand(services, user, { type: 'conversation.delete', id: newId(), conversationId })
  expect((await services.queue.status()).ready - before).toBe(2)
}))
