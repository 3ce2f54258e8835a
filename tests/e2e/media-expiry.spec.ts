import { startServer } from '../support/server.ts'
import { expect, test } from './fixtures.ts'
import { picture, recording } from './files.ts'

// Addresses that end after five seconds.
test.use({
  server: [async ({}, use) => {
    const server = await startServer({ env: { MEDIA_URL_SECONDS: '5' } })
    await use(server)
    await server.close()
  }, { scope: 'worker' }],
})

test('a page that stays open for a minute still loads and seeks', async ({ login, conversation, page, faults }) => {
  test.setTimeout(180_000)
  await login.open()
  await login.continueAsGuest()
  await conversation.attach(await picture(), recording())
  await conversation.send('look and listen')
  await conversation.untilReplied(60_000)
  const player = conversation.question().getByRole('figure', { name: /^Sound/ })
  const refused: string[] = []
  page.on('response', response => response.url().includes('/files/') && response.status() === 403 && refused.push(response.url()))
  const openedAt = Date.now()
  await expect.poll(() => Date.now() - openedAt, { timeout: 90_000, intervals: [1000] }).toBeGreaterThan(60_000)
  await player.getByRole('slider').fill('0.5')
  await expect.poll(() => player.locator('audio').evaluate(node => (node as HTMLAudioElement).currentTime)).toBeCloseTo(0.5, 1)
  await player.getByRole('button', { name: 'Play' }).click()
  await expect.poll(() => player.locator('audio').evaluate(node => (node as HTMLAudioElement).currentTime)).toBeGreaterThan(0.7)
  await conversation.question().getByRole('button', { name: /^Open .* large$/ }).click()
  await expect.poll(() => page.getByRole('dialog', { name: /^Picture/ }).getByRole('img').evaluate(node => (node as HTMLImageElement).naturalWidth)).toBe(320)
  expect(refused).toEqual([])
  expect(faults).toEqual([])
})
