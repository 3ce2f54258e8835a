import { buffer } from 'node:stream/consumers'
import type { Locator } from '@playwright/test'
import { recording as sound, video } from '../support/samples.ts'
import { startServer } from '../support/server.ts'
import { expect, test } from './fixtures.ts'
import { note, picture, recording } from './files.ts'

// Addresses that end after five seconds.
test.use({
  server: [async ({}, use) => {
    const server = await startServer({ env: { MEDIA_URL_SECONDS: '5' } })
    await use(server)
    await server.close()
  }, { scope: 'worker' }],
})

test('a page that stays open for a minute still loads, seeks and downloads', async ({ login, conversation, page, faults }) => {
  test.setTimeout(180_000)
  await login.open()
  await login.continueAsGuest()
  const [film, long] = [video(), sound(180)]
  await conversation.attach(await picture(), await picture('second.png'), note(), recording(), { name: long.name, mimeType: long.mime, buffer: long.bytes }, { name: film.name, mimeType: film.mime, buffer: film.bytes })
  await conversation.send('look and listen')
  await conversation.untilReplied(60_000)
  const refused: string[] = []
  page.on('response', response => response.url().includes('/files/') && response.status() === 403 && refused.push(response.url()))
  const question = conversation.question()
  const timeOf = (player: Locator, element: 'audio' | 'video') => () => player.locator(element).evaluate(node => (node as HTMLMediaElement).currentTime)
  // One is heard all the while, from an address that is over after five seconds.
  const heard = question.getByRole('figure', { name: 'Sound: recording.wav' })
  await heard.getByRole('button', { name: 'Play' }).click()
  const openedAt = Date.now()
  await expect.poll(() => Date.now() - openedAt, { timeout: 90_000, intervals: [1000] }).toBeGreaterThan(60_000)

  const player = question.getByRole('figure', { name: 'Sound: tone.wav' })
  await player.getByRole('slider').fill('0.5')
  await expect.poll(timeOf(player, 'audio')).toBeCloseTo(0.5, 1)
  await player.getByRole('button', { name: 'Play' }).click()
  await expect.poll(timeOf(player, 'audio')).toBeGreaterThan(0.7)
  const cinema = question.getByRole('figure', { name: 'Video: film.mp4' })
  await cinema.locator('video').evaluate((node) => {
    (node as HTMLVideoElement).load()
    ;(node as HTMLVideoElement).currentTime = 2
  })
  await expect.poll(() => cinema.locator('video').evaluate(node => [(node as HTMLVideoElement).currentTime, (node as HTMLVideoElement).readyState >= 2])).toEqual([2, true])
  await question.getByRole('button', { name: 'Open lighthouse.png large' }).click()
  const picturesDialog = page.getByRole('dialog', { name: /^Picture/ })
  for (const name of ['lighthouse.png', 'second.png']) {
    await expect(picturesDialog).toContainText(name)
    await expect.poll(() => picturesDialog.getByRole('img').evaluate(node => (node as HTMLImageElement).naturalWidth)).toBe(320)
    await page.keyboard.press('ArrowRight')
  }
  await page.keyboard.press('Escape')
  const downloading = page.waitForEvent('download')
  await question.getByRole('link', { name: 'Download notes.txt' }).click()
  expect(await buffer(await (await downloading).createReadStream())).toEqual(note().buffer)
  expect(refused).toEqual([])

  await heard.getByRole('slider').fill('170')
  await expect.poll(timeOf(heard, 'audio')).toBeGreaterThan(170.5)
  // What plays keeps its address as long as that works; nothing else is ever refused.
  const kept = new Set(refused.map(url => new URL(url).pathname))
  expect(kept.size).toBeLessThanOrEqual(1)
  expect(faults).toEqual([])
})
