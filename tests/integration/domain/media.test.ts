/** The way of a file from ticket to deletion, in both modes. */
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { findMedia, listMediaOfMessages } from '../../../db/queries/media.ts'
import { newId } from '../../../shared/ids.ts'
import { mediaLimits } from '../../../shared/media.ts'
import type { News } from '../../../server/bus/bus.ts'
import { runCommand } from '../../../server/domain/commands.ts'
import { claimReply, closeReply } from '../../../server/domain/replies.ts'
import { sendMessage } from './send.ts'
import { attachMedia, freshMedia, ownMedia, storeModelMedia, viewMedia } from '../../../server/domain/media.ts'
import { deleteMedia, storageUse } from '../../../server/domain/media-storage.ts'
import { askParts, askTicket, confirmUpload, uploadContent } from '../../../server/domain/media-upload.ts'
import { sweepAbandoned, sweepOrphans } from '../../../server/domain/sweep-media.ts'
import { processMedia } from '../../../server/jobs/process-media.ts'
import { dialects } from '../../support/database.ts'
import { withMediaPlace } from '../../support/media-place.ts'
import * as samples from '../../support/samples.ts'
import { sendByTicket } from '../../support/upload.ts'
import { until } from '../../support/until.ts'

const soon = new Date(Date.now() + 60 * 60_000)
const context = () => ({ signal: new AbortController().signal, attempt: 1 })

describe.each(dialects)('media on %s', (dialect) => {
  it('goes by ticket to the store, is judged by its bytes, processed, and can be looked at', () => withMediaPlace(dialect, async (place) => {
    const { services, user } = place
    const heard: News[] = []
    services.bus.subscribe(news => heard.push(news))
    await place.work()
    const sent = await place.upload(await samples.photo())
    expect(sent).toMatchObject({ type: 'image', mime: 'image/jpeg', messageId: null, width: 60, height: 80 })
    const row = await place.settled(sent.id)
    expect(row).toMatchObject({ status: 'ready', progress: 100, width: 60, height: 80, error: null, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
    const view = await viewMedia(services, row)
    for (const address of [view.original, view.thumbnail]) {
      const answer = await fetch(place.reach(address!.url), { headers: { range: 'bytes=0-3' } })
      expect([answer.status, answer.headers.get('content-type')?.split('/')[0]]).toEqual([206, 'image'])
      await answer.arrayBuffer()
    }
    // The photo as it was sent, with the place it was taken at, is nowhere any more.
    await until(async () => (await place.keys()).join(' ') === ['clean.jpg', 'thumbnail.webp'].map(form => `${user.id}/${sent.id}/${form}`).join(' '), { what: 'the objects' })
    await until(() => heard.some(news => news.type === 'media' && news.mediaId === sent.id && news.userId === user.id), { what: 'the news' })
  }))

  it('is nobody else’s: every way to another’s file ends at “not found”', () => withMediaPlace(dialect, async ({ services, upload, other, user }) => {
    const { id } = await upload(samples.text('a.txt', 'mine'))
    const waiting = newId()
    await askTicket(services, user, { id: waiting, name: 'big.bin', mime: '', bytes: mediaLimits.partsFrom })
    const missing = { code: 'media_not_found' }
    for (const target of [id, waiting, newId()]) {
      await expect(ownMedia(services.database.db, other, target)).rejects.toMatchObject(missing)
      await expect(confirmUpload(services, other, target)).rejects.toMatchObject(missing)
      await expect(uploadContent(services, other, target, Readable.from([]))).rejects.toMatchObject(missing)
      await expect(askParts(services, other, target, [1])).rejects.toMatchObject(missing)
      await expect(deleteMedia(services, other, target)).rejects.toMatchObject(missing)
      expect(await freshMedia(services, other, [target])).toEqual({ media: [] })
    }
    await expect(sendMessage(services, other, { mediaIds: [id] })).rejects.toMatchObject({ ...missing, field: 'mediaIds.0' })
    await expect(askTicket(services, other, { id, name: 'a.txt', mime: '', bytes: 4 })).rejects.toMatchObject({ code: 'id_not_usable' })
    expect((await storageUse(services, other, 0)).count).toBe(0)
    expect(await findMedia(services.database.db, id)).not.toBeNull()
  }))

  it('gives the same ticket again while it waits, and none once it has arrived', () => withMediaPlace(dialect, async ({ services, user, reach }) => {
    const input = { id: newId(), name: 'a.txt', mime: 'text/plain', bytes: 5 }
    const first = await askTicket(services, user, input)
    expect((await askTicket(services, user, input)).ticket).not.toBeNull()
    await expect(askTicket(services, user, { ...input, bytes: 6 })).rejects.toMatchObject({ code: 'id_not_usable' })
    await expect(confirmUpload(services, user, input.id)).rejects.toMatchObject({ code: 'media_incomplete' })
    await sendByTicket(first.ticket!, Buffer.from('hello'), reach)
    const confirmed = await Promise.all([confirmUpload(services, user, input.id), confirmUpload(services, user, input.id)])
    expect(confirmed.map(({ media }) => media.status)).toEqual(['processing', 'processing'])
    expect((await askTicket(services, user, input)).ticket).toBeNull()
  }))

  it('cannot be changed by a ticket that is still good after it was judged', () => withMediaPlace(dialect, async ({ services, user, reach }) => {
    const { media, ticket } = await askTicket(services, user, { id: newId(), name: 'a.txt', mime: 'text/plain', bytes: 5 })
    await sendByTicket(ticket!, Buffer.from('first'), reach)
    await confirmUpload(services, user, media.id)
    await sendByTicket(ticket!, Buffer.from('later'), reach)
    const row = await ownMedia(services.database.db, user, media.id)
    expect((await buffer(await services.store.read(row.filePath))).toString()).toBe('first')
  }))

  it('is refused, and nothing of it kept, when it is not what it says, or a program', () => withMediaPlace(dialect, async (place) => {
    await place.work()
    const png = await samples.picture()
    for (const [sample, code] of [[{ ...samples.html, name: 'a.png', mime: 'image/png' }, 'media_type_mismatch'], [{ ...png, name: 'a.pdf' }, 'media_type_mismatch'], [samples.program, 'media_type_refused']] as const)
      await expect(place.upload(sample)).rejects.toMatchObject({ code })
    await until(async () => (await place.keys()).length === 0, { what: 'the objects to be gone' })
    expect((await storageUse(place.services, place.user, 0)).usedBytes).toBe(0)
  }))

  it('counts against a quota that many tickets at once cannot outrun', () => withMediaPlace(dialect, async ({ services, user }) => {
    const ask = () => askTicket(services, user, { id: newId(), name: 'a.bin', mime: '', bytes: 400 })
    const asked = await Promise.allSettled(Array.from({ length: 8 }, ask))
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    await expect(ask()).rejects.toMatchObject({ code: 'storage_full' })
    await expect(askTicket(services, user, { id: newId(), name: 'a.bin', mime: '', bytes: 1001 })).rejects.toMatchObject({ code: 'media_too_large' })
    const { media } = await storageUse(services, user, 0)
    await deleteMedia(services, user, media[0]!.id)
    await ask()
  }, { MEDIA_QUOTA_BYTES: '1000', MEDIA_MAX_BYTES: '900' }))

  it('comes in parts, goes on after a break, and is whole', () => withMediaPlace(dialect, async ({ services, user, reach }) => {
    const bytes = Buffer.concat([(await samples.picture()).bytes, Buffer.alloc(mediaLimits.partsFrom)])
    const { media, ticket } = await askTicket(services, user, { id: newId(), name: 'a.png', mime: 'image/png', bytes: bytes.length })
    expect(ticket!.parts).toEqual({ bytes: mediaLimits.partBytes, count: 3 })
    const send = async (number: number) => {
      const { addresses } = await askParts(services, user, media.id, [number])
      const part = bytes.subarray((number - 1) * mediaLimits.partBytes, number * mediaLimits.partBytes)
      expect((await fetch(reach(addresses[0]!.url), { method: 'PUT', body: new Uint8Array(part) })).ok).toBe(true)
    }
    await send(1)
    await send(3)
    // A reload: the page knows the id alone.
    expect((await askParts(services, user, media.id, [])).received).toEqual([1, 3])
    await expect(confirmUpload(services, user, media.id)).rejects.toMatchObject({ code: 'media_incomplete' })
    await expect(askParts(services, user, media.id, [4])).rejects.toMatchObject({ code: 'invalid_input' })
    await send(2)
    const confirmed = await Promise.all([confirmUpload(services, user, media.id), confirmUpload(services, user, media.id)])
    expect(confirmed[0].media).toMatchObject({ type: 'image', status: 'processing', bytes: bytes.length })
    const row = await ownMedia(services.database.db, user, media.id)
    expect((await buffer(await services.store.read(row.filePath))).equals(bytes)).toBe(true)
  }), 60_000)

  it('is not sent twice: the same bytes are known by their hash, to their owner only', () => withMediaPlace(dialect, async (place) => {
    const { services, user, other } = place
    await place.work()
    const sample = samples.text('a.txt', 'the same bytes')
    const { sha256, id } = await place.settled((await place.upload(sample)).id)
    const input = { name: 'b.txt', mime: 'text/plain', bytes: sample.bytes.length, sha256: sha256! }
    const again = await askTicket(services, user, { ...input, id: newId() })
    expect(again).toMatchObject({ ticket: null, media: { name: 'b.txt' } })
    await deleteMedia(services, user, id)
    const row = await place.settled(again.media.id)
    expect((await buffer(await services.store.read(row.filePath))).toString()).toBe('the same bytes')
    expect((await askTicket(services, other, { ...input, id: newId() })).ticket).not.toBeNull()
  }))

  it('goes with a message in order; an edited message shares it; deleting it deletes it everywhere', () => withMediaPlace(dialect, async (place) => {
    const { services, user } = place
    const { db } = services.database
    const [one, two] = [await place.upload(samples.text('1.txt', 'one')), await place.upload(samples.text('2.txt', 'two'))]
    const first = await sendMessage(services, user, { mediaIds: [two.id, one.id] })
    expect((await listMediaOfMessages(db, [first.messageId])).map(row => row.name)).toEqual(['2.txt', '1.txt'])
    // The same ids on another message of this conversation, as an edit sends them; never on one of another.
    const second = await sendMessage(services, user, { conversationId: first.conversationId, mediaIds: [two.id] })
    await expect(sendMessage(services, user, { mediaIds: [two.id] })).rejects.toMatchObject({ code: 'media_not_found', field: 'mediaIds.0' })
    expect(await listMediaOfMessages(db, [second.messageId])).toMatchObject([{ name: '2.txt', storedBytes: 0 }])
    await place.work()
    const shared = (await listMediaOfMessages(db, [second.messageId]))[0]!
    expect(await place.settled(shared.id)).toMatchObject({ status: 'ready', extractedText: 'two' })
    await deleteMedia(services, user, shared.id)
    expect((await listMediaOfMessages(db, [first.messageId, second.messageId])).map(row => row.name)).toEqual(['1.txt'])
    await until(async () => !(await place.keys()).some(key => key.includes(two.id)), { what: 'the objects to be gone' })
    await expect(askTicket(services, user, { id: two.id, name: '2.txt', mime: '', bytes: 3 })).rejects.toMatchObject({ code: 'id_not_usable' })
  }))

  it('that has not arrived cannot be sent', () => withMediaPlace(dialect, async ({ services, user }) => {
    const { media } = await askTicket(services, user, { id: newId(), name: 'a.txt', mime: '', bytes: 3 })
    await expect(sendMessage(services, user, { mediaIds: [media.id] })).rejects.toMatchObject({ code: 'media_not_ready', field: 'mediaIds.0' })
    await expect(services.database.db.transaction(tx => attachMedia(tx, user, newId(), [newId()]))).rejects.toMatchObject({ code: 'media_not_found' })
  }))

  it('is waited for: a message goes at once, its reply starts when the file is ready or has failed', () => withMediaPlace(dialect, async (place) => {
    const { services, user } = place
    for (const sample of [samples.recording(), await samples.pixelBomb()]) {
      const { id } = await place.upload(sample)
      const sent = await sendMessage(services, user, { mediaIds: [id] })
      expect(await claimReply(services, sent.replyId), sample.name).toBeNull()
      await processMedia(services, { mediaId: id }, context())
      expect((await findMedia(services.database.db, id))?.status, sample.name).toBe(sample.name === 'bomb.png' ? 'failed' : 'ready')
      expect(await claimReply(services, sent.replyId), sample.name).toMatchObject({ status: 'writing' })
    }
  }))

  it('tells how far its reading is, and is written down where it speaks', () => withMediaPlace(dialect, async (place) => {
    const { services } = place
    const { id } = await place.upload(samples.video())
    const told: number[] = []
    const stop = services.bus.subscribe((news) => {
      if (news.type === 'media' && news.mediaId === id) void findMedia(services.database.db, id).then(row => row && told.push(row.progress))
    })
    await processMedia(services, { mediaId: id }, context())
    await until(() => told.includes(100), { what: 'the end to be told' })
    stop()
    expect(told.filter(percent => percent > 0 && percent < 100).length).toBeGreaterThan(0)
    expect(await findMedia(services.database.db, id)).toMatchObject({ transcript: [{ fromMs: 0, text: expect.stringContaining('demo transcript') }], derived: { frames: expect.any(Array) } })
  }), 60_000)

  it('made by a model belongs to its reply, and moves the conversation’s seq', () => withMediaPlace(dialect, async (place) => {
    const { services, user } = place
    const sent = await sendMessage(services, user, {})
    const { bytes } = await samples.picture()
    const id = await storeModelMedia(services, { userId: user.id, messageId: sent.replyId, bytes, mime: 'image/png', name: '../drawn.png' })
    const row = (await findMedia(services.database.db, id))!
    expect(row).toMatchObject({ messageId: sent.replyId, name: 'drawn.png', type: 'image', status: 'processing', width: 80 })
    await processMedia(services, { mediaId: id }, context())
    expect(await findMedia(services.database.db, id)).toMatchObject({ status: 'ready', width: 80 })
    await expect(storeModelMedia(services, { userId: user.id, messageId: sent.replyId, bytes: samples.program.bytes, mime: 'image/png', name: 'x.png' })).rejects.toMatchObject({ code: 'media_type_mismatch' })
  }))

  it('made by a reply that is written anew goes with what was written before, unless a message shares it', () => withMediaPlace(dialect, async ({ services, user, keys, work }) => {
    const { bytes } = await samples.picture()
    const sent = await sendMessage(services, user, {})
    const drawn = () => storeModelMedia(services, { userId: user.id, messageId: sent.replyId, bytes, mime: 'image/png', name: 'drawn.png' })
    const writing = (await claimReply(services, sent.replyId))!
    const [dropped, shared] = [await drawn(), await drawn()]
    await closeReply(services, writing, { status: 'failed', parts: [], usage: null, error: { code: 'model_failed', message: '' } })
    await sendMessage(services, user, { conversationId: sent.conversationId, mediaIds: [shared] })
    await runCommand(services, user, { type: 'reply.retry', id: newId(), conversationId: sent.conversationId, messageId: sent.replyId })
    await claimReply(services, sent.replyId)
    expect(await findMedia(services.database.db, dropped)).toBeNull()
    expect(await findMedia(services.database.db, shared)).toMatchObject({ messageId: sent.replyId })
    await work()
    await until(async () => !(await keys()).some(key => key.includes(dropped)), { what: 'the object of the dropped picture to be gone' })
    expect((await keys()).some(key => key.includes(shared))).toBe(true)
  }))

  it('that cannot be read fails with a reason a person understands', () => withMediaPlace(dialect, async (place) => {
    await place.work()
    const { id } = await place.upload(await samples.pixelBomb())
    expect(await place.settled(id)).toMatchObject({ status: 'failed', error: { code: 'media_too_big_to_open', message: expect.stringContaining('bomb.png') } })
  }))

  it('that claims to last longer than a database can say is kept, with a sentence', () => withMediaPlace(dialect, async (place) => {
    await place.work()
    const { id } = await place.upload(samples.monthsOfSound())
    expect(await place.settled(id)).toMatchObject({ status: 'ready', durationMs: null, notice: { code: 'media_too_big_to_open' } })
  }))

  it('processed by a worker that was killed and by its successor gives one result', () => withMediaPlace(dialect, async (place) => {
    const { services } = place
    const { id } = await place.upload(samples.video())
    const killed = new AbortController()
    const first = processMedia(services, { mediaId: id }, { signal: killed.signal, attempt: 1 })
    const second = processMedia(services, { mediaId: id }, context())
    await until(async () => (await findMedia(services.database.db, id))?.status === 'processing')
    killed.abort(new Error('killed'))
    await Promise.allSettled([first, second])
    const row = await place.settled(id)
    expect(row).toMatchObject({ status: 'ready', derived: { poster: expect.any(String) } })
    const named = [row.filePath, row.derived.poster, row.derived.thumbnail, ...row.derived.frames ?? []].filter(Boolean).sort()
    expect((await place.keys()).filter(key => !key.endsWith('/upload'))).toEqual(named)
  }), 60_000)

  it('that was deleted while it was processed leaves nothing behind', () => withMediaPlace(dialect, async (place) => {
    const { services, user } = place
    const { id } = await place.upload(samples.video())
    const running = processMedia(services, { mediaId: id }, context())
    await deleteMedia(services, user, id)
    await running
    await place.work()
    await until(async () => (await place.keys()).length === 0, { what: 'the objects to be gone' })
  }), 60_000)

  it('leaves no abandoned upload and no orphan: the sweep takes both, and nothing else', () => withMediaPlace(dialect, async (place) => {
    const { services, user } = place
    await place.work()
    const kept = await place.upload(await samples.picture())
    await place.settled(kept.id)
    await sendMessage(services, user, { mediaIds: [kept.id] })
    const abandoned = await place.upload(samples.text('b.txt', 'abandoned'))
    await place.settled(abandoned.id)
    await until(async () => !(await place.keys()).some(key => key.endsWith('/upload')))
    const live = await place.keys(`${user.id}/${kept.id}/`)
    await services.store.put(`${user.id}/${newId()}/original`, Readable.from([Buffer.from('orphan')]), { mime: 'image/png', maxBytes: 10 })
    await services.store.put(`${user.id}/${kept.id}/upload`, Readable.from([Buffer.from('late')]), { mime: 'image/png', maxBytes: 10 })
    expect([await sweepAbandoned(services), await sweepOrphans(services)]).toEqual([0, 0])
    expect(await sweepAbandoned(services, soon)).toBe(1)
    await until(async () => !(await place.keys()).some(key => key.includes(abandoned.id)), { what: 'the abandoned upload to be gone' })
    expect(await sweepOrphans(services, soon)).toBe(2)
    expect(await place.keys()).toEqual(live)
  }))
})

it('a file that is processed while the store is away is ready when it is back', () => withMediaPlace('postgres', async (place) => {
  const { id } = await place.upload(await samples.picture())
  place.double!.setDown(true)
  await place.work()
  await until(() => place.lines.some(line => line.includes('the file store is away')), { what: 'the job to find the store away' })
  // Longer than its three tries would last.
  await until(async () => (await findMedia(place.services.database.db, id))?.status !== 'processing', { withinMs: 6000 }).catch(() => {})
  place.double!.setDown(false)
  expect(await place.settled(id)).toMatchObject({ status: 'ready', error: null })
}), 60_000)
