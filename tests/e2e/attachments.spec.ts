import { expect, test } from './fixtures.ts'
import { note, picture, recording } from './files.ts'

test('a picture, a recording and a document go in, and the reply says what reached it', async ({ guest }) => {
  await guest.attach(await picture(), recording(), note())
  for (const name of ['lighthouse.png', 'tone.wav', 'notes.txt']) await expect(guest.attachment(name)).toBeVisible()
  await guest.send('What did I send?')
  await expect(guest.question().getByRole('img').first()).toBeVisible()
  await guest.untilReplied(45_000)
  await expect(guest.reply()).toContainText('lighthouse.png')
  await expect(guest.reply()).toContainText('tone.wav')
  await expect(guest.reply()).toContainText('notes.txt')
  await guest.reload()
  await expect(guest.question()).toContainText('notes.txt')
})

test('what the microphone hears is recorded, sent, and can be played', async ({ guest, page }) => {
  await page.getByRole('button', { name: 'Record sound' }).click()
  await expect(page.getByRole('timer')).toHaveAccessibleName('1 seconds recorded')
  await page.getByRole('button', { name: 'Attach the recording' }).click()
  await expect(guest.attachment('Recording')).toBeVisible()
  await guest.send('What did I say?')
  const player = guest.question().getByRole('figure', { name: /^Sound: Recording/ })
  await expect(player).toBeVisible({ timeout: 30_000 })
  await guest.untilReplied(45_000)
  await expect(guest.reply()).toContainText('Recording')
  await player.getByRole('button', { name: 'Play' }).click()
  await expect.poll(() => player.locator('audio').evaluate(node => (node as HTMLAudioElement).currentTime)).toBeGreaterThan(0)
})

test('a file of a refused kind is told so beside it, and can be removed', async ({ guest, page }) => {
  await guest.attach({ name: 'virus.exe', mimeType: 'application/x-msdownload', buffer: Buffer.from('MZ'.padEnd(400, '\0')) })
  await expect(guest.attachment('virus.exe')).toContainText(/cannot be sent|refused/i)
  await page.getByRole('button', { name: 'Remove virus.exe' }).click()
  await expect(guest.attachment('virus.exe')).toHaveCount(0)
})

test('an HTML file and script in Markdown run nowhere', async ({ guest, page }) => {
  const hostile = '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'
  await guest.attach({ name: 'page.html', mimeType: 'text/html', buffer: Buffer.from(hostile) })
  await guest.send(`${hostile} [a](javascript:window.hacked=1)`)
  await guest.untilReplied(45_000)
  expect(await page.evaluate(() => (globalThis as { hacked?: number }).hacked)).toBeUndefined()
})
