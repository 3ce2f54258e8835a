import { video } from '../support/samples.ts'
import { captureFrom } from './pages/capture.ts'
import { hydrated } from './pages/login.ts'
import { recording } from './files.ts'
import { expect, test } from './fixtures.ts'

test('a recording can be paused, cancelled, and survives a reload before it is sent', async ({ guest, page }) => {
  await page.setViewportSize({ width: 360, height: 640 })
  const record = page.getByRole('button', { name: 'Record sound' })
  await record.click()
  const bar = page.getByRole('group', { name: 'Recording' })
  await expect(bar.getByRole('timer')).toHaveAccessibleName('1 seconds recorded')
  expect(await bar.evaluate(node => node.scrollWidth <= node.clientWidth)).toBe(true)
  await bar.getByRole('button', { name: 'Pause' }).click()
  const paused = await bar.getByRole('timer').innerText()
  await expect(bar.getByRole('button', { name: 'Go on' })).toBeFocused()
  await bar.getByRole('button', { name: 'Go on' }).click()
  await expect(bar.getByRole('timer')).not.toHaveText(paused)
  await page.keyboard.press('Escape')
  await expect(bar).toHaveCount(0)
  await expect(record).toBeFocused()

  await record.click()
  await expect(bar.getByRole('timer')).toHaveAccessibleName('2 seconds recorded')
  await page.reload()
  await hydrated(page)
  await page.getByRole('button', { name: 'Keep it' }).click()
  await expect(guest.attachment('Recording')).toBeVisible()
  await guest.send('What did I say?')
  await expect(guest.question().getByRole('figure', { name: /^Sound: Recording/ })).toBeVisible({ timeout: 30_000 })
  await page.reload()
  await hydrated(page)
  await expect(page.getByRole('button', { name: 'Keep it' })).toHaveCount(0)
})

test('the camera gives a picture and a clip, the screen a picture', async ({ guest, page }) => {
  await (await captureFrom(page, 'Camera')).getByRole('button', { name: 'Take a picture' }).click()
  await expect(guest.attachment('Photo')).toBeVisible()
  const dialog = await captureFrom(page, 'Camera')
  // There is but one.
  await expect(dialog.getByRole('button', { name: 'Other camera' })).toHaveCount(0)
  await dialog.getByRole('button', { name: 'Record a clip' }).click()
  await expect(dialog.getByRole('timer')).toHaveText('0:02')
  await dialog.getByRole('button', { name: 'Attach the clip' }).click()
  await expect(guest.attachment('Clip')).toBeVisible()
  await (await captureFrom(page, 'Screen')).getByRole('button', { name: 'Take a picture' }).click()
  await expect(guest.attachment('Screen')).toBeVisible()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await guest.send('What did I send?')
  const clip = guest.question().getByRole('figure', { name: /^Video: Clip/ })
  await expect(clip).toBeVisible({ timeout: 45_000 })
  await expect.poll(() => clip.locator('video').evaluate(node => (node as HTMLVideoElement).duration)).toBeGreaterThan(1)
})

test('a video has captions of its transcript, its speed can be changed, and its lines lead to their place; a sound’s do, too', async ({ guest }) => {
  const film = video()
  await guest.attach({ name: film.name, mimeType: film.mime, buffer: film.bytes }, recording())
  await guest.send('Look')
  const player = guest.question().getByRole('figure', { name: 'Video: film.mp4' })
  await expect(player).toBeVisible({ timeout: 45_000 })
  const state = () => player.locator('video').evaluate((node) => {
    const { currentTime, playbackRate, textTracks } = node as HTMLVideoElement
    return { currentTime, playbackRate, tracks: [...textTracks].map(track => [track.kind, track.mode, track.cues?.length]) }
  })
  await player.getByRole('button', { name: /^Speed/ }).click()
  await expect.poll(async () => (await state()).playbackRate).toBe(1.25)
  const sound = guest.question().getByRole('figure', { name: 'Sound: tone.wav' })
  for (const [figure, element] of [[player, 'video'], [sound, 'audio']] as const) {
    await figure.getByText('Transcript', { exact: true }).click()
    const line = figure.getByRole('listitem').getByRole('button').first()
    await expect(line).toContainText('demo transcript')
    await figure.locator(element).evaluate((node) => { (node as HTMLMediaElement).currentTime = 0.5 })
    await line.press('Enter')
    await expect.poll(() => figure.locator(element).evaluate(node => (node as HTMLMediaElement).currentTime)).toBeLessThan(0.1)
    await expect(line).toHaveAttribute('aria-current', 'true')
  }
  expect((await state()).tracks).toEqual([['captions', 'showing', 1]])
})
