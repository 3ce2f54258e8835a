import { randomBytes } from 'node:crypto'
import { startFleet, type Fleet } from '../support/fleet.ts'
import { freePort } from '../support/processes.ts'
import { openTestS3, realS3, type TestS3 } from '../support/test-s3.ts'
import { test as base, expect } from './fixtures.ts'
import { picture } from './files.ts'

// One web and one worker process on real PostgreSQL, media in an S3 that checks every signature; the demo model answers.
const test = base.extend<object, { store: TestS3, fleet: Fleet, server: Fleet['webs'][number], otherHosts: string[] }>({
  store: [async ({}, use) => {
    const store = await openTestS3()
    await use(store)
    await store.close()
  }, { scope: 'worker' }],

  fleet: [async ({ store }, use) => {
    const port = await freePort()
    const fleet = await startFleet({
      ALLOW_GUESTS: '', PUBLIC_URL: `http://127.0.0.1:${port}`,
      S3_ENDPOINT: store.endpoint, S3_PUBLIC_ENDPOINT: store.publicEndpoint, S3_REGION: store.settings.region,
      S3_BUCKET: store.settings.bucket, S3_ACCESS_KEY: store.settings.accessKey, S3_SECRET_KEY: store.settings.secretKey,
    }, { webs: 1, workers: 1, port })
    await use(fleet)
    await fleet.close()
  }, { scope: 'worker', timeout: 120_000 }],

  server: [async ({ fleet }, use) => { await use(fleet.webs[0]!) }, { scope: 'worker' }],
  otherHosts: [async ({ store }, use) => { await use([new URL(store.publicEndpoint).host]) }, { scope: 'worker' }],
})

const signUp = (login: { signUp(username: string, password: string): Promise<void> }) =>
  login.signUp(`ada-${randomBytes(4).toString('hex')}`, randomBytes(9).toString('base64url'))

test('guests stay outside; who signs up sends a picture straight to the store, and sees it come from there', async ({ page, login, conversation, store }) => {
  await login.open()
  await expect(page.getByRole('button', { name: 'Continue as guest' })).toHaveCount(0)
  await signUp(login)

  const [sent] = await Promise.all([
    page.waitForRequest(request => request.method() === 'POST' && request.url().startsWith(store.publicEndpoint)),
    conversation.attach(await picture()),
  ])
  await expect(conversation.attachment('lighthouse.png')).toBeVisible()
  expect((await sent.response())?.status()).toBe(204)
  await conversation.send('What did I send?')
  await conversation.untilReplied(45_000)
  await expect(conversation.reply()).toContainText('lighthouse.png')

  await conversation.reload()
  const image = conversation.question().locator('img').first()
  await expect.poll(() => image.evaluate(node => (node as HTMLImageElement).naturalWidth)).toBeGreaterThan(0)
  const address = new URL(await image.evaluate(node => (node as HTMLImageElement).currentSrc))
  expect(address.origin).toBe(store.publicEndpoint)
  expect(address.searchParams.has('X-Amz-Signature')).toBe(true)
})

test('kill -9 of the only worker in the middle of a reply: the page says so, and another finishes it, once', async ({ page, login, conversation, fleet }) => {
  await signUp(login)
  await conversation.send('tokens 150 at rate 30')
  await conversation.untilWritten(40)
  const worker = fleet.workers.pop()!
  worker.signal('SIGKILL')
  await expect(page.getByRole('status').filter({ hasText: 'No worker is running' })).toBeVisible()
  await fleet.start('worker')
  await conversation.untilReplied(45_000)
  const whole = Array.from({ length: 150 }, (_, n) => `t${n}`).join(' ')
  expect(await conversation.replyText()).toBe(whole)
  await conversation.reload()
  await expect(conversation.messages).toHaveCount(2)
  expect(await conversation.replyText()).toBe(whole)
})

// Nobody takes a real store down.
if (!realS3()) test('a store that is away loses no file: it waits in the page, and goes by itself with its message when the store is back', async ({ page, login, conversation, store, faults }) => {
  await signUp(login)
  store.setDown?.(true)
  // Tried straight and through the server, refused, and tried again.
  const refused = () => page.waitForResponse(response => response.url().endsWith('/content') && response.status() === 503)
  const [first] = await Promise.all([refused(), conversation.attach(await picture())])
  expect(await first.json()).toMatchObject({ error: { code: 'store_unreachable' } })
  await conversation.send('What did I send?')
  await refused()
  store.setDown?.(false)
  await conversation.untilReplied(60_000)
  await expect(conversation.reply()).toContainText('lighthouse.png')
  faults.splice(0, faults.length, ...faults.filter(fault => !fault.includes('status of 503')))
})
