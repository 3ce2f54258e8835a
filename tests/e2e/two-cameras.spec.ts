import config from '../../playwright.config.ts'
import { captureFrom } from './pages/capture.ts'
import { expect, test } from './fixtures.ts'

// As on a phone: one camera on each side.
test.use({ launchOptions: { ...config.use?.launchOptions, args: [...(config.use?.launchOptions?.args ?? []).filter(one => !one.includes('fake-device-for')), '--use-fake-device-for-media-stream=device-count=2'] } })

test('where there are two cameras one goes from the one to the other and back, and no camera stays on', async ({ guest, page }) => {
  await page.evaluate(() => {
    const opened: MediaStreamTrack[] = (globalThis as unknown as { opened: MediaStreamTrack[] }).opened = []
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await ask(wanted)
      opened.push(...stream.getVideoTracks())
      return stream
    }
  })
  const live = () => page.evaluate(() => (globalThis as unknown as { opened: MediaStreamTrack[] }).opened.filter(track => track.readyState === 'live').map(track => track.label))
  const dialog = await captureFrom(page, 'Camera')
  const [first] = await live()
  const change = dialog.getByRole('button', { name: 'Other camera' })
  await change.click()
  // In between none is on.
  await expect.poll(async () => (await live()).map(label => label !== first)).toEqual([true])
  await expect(change).toBeEnabled()
  await change.click()
  await expect.poll(live).toEqual([first])
  // On a phone's screen all of it is to be had.
  await page.setViewportSize({ width: 360, height: 740 })
  await expect(dialog.getByRole('button', { name: 'Take a picture' })).toBeInViewport({ ratio: 1 })
  expect(await dialog.evaluate(node => node.scrollWidth - node.clientWidth)).toBe(0)
  // A clip is of one camera.
  await dialog.getByRole('button', { name: 'Record a clip' }).click()
  await expect(dialog.getByRole('timer')).toBeVisible()
  await expect(change).toHaveCount(0)
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect.poll(live).toEqual([])
  await expect(guest.attachment('Clip')).toHaveCount(0)
})
