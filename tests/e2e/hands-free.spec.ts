import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import config from '../../playwright.config.ts'
import { speakingMicrophone } from './microphone.ts'
import { expect, test } from './fixtures.ts'

// A microphone that says a sentence, is silent for longer than a reply takes to be read, and begins again.
test.use({ launchOptions: { ...config.use?.launchOptions, args: [...config.use?.launchOptions?.args ?? [], `--use-file-for-fake-audio-capture=${speakingMicrophone()}`] } })

const open = async (page: Page) => {
  await page.getByRole('button', { name: 'Hands-free' }).click()
  const mode = page.getByRole('dialog', { name: 'Hands-free' })
  const says = (text: string | RegExp, timeout = 45_000) => expect(mode.getByRole('status')).toHaveText(text, { timeout })
  return { mode, says }
}

/** Microphones this page has open. */
const microphones = (page: Page) => page.evaluate(() => (globalThis as unknown as { opened: MediaStream[] }).opened.flatMap(stream => stream.getTracks()).filter(track => track.readyState === 'live').length)

test.beforeEach(({ page }) => page.addInitScript(() => {
  const opened: MediaStream[] = (globalThis as unknown as { opened: MediaStream[] }).opened = []
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted)
    opened.push(stream)
    return stream
  }
}))

test('it listens, sends, reads the reply, and listens again, by keyboard and on a phone’s width; leaving closes the microphone', async ({ guest, page }) => {
  await page.setViewportSize({ width: 360, height: 640 })
  const { mode, says } = await open(page)
  await says('I hear you. A pause sends it.')
  expect((await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze()).violations.map(({ id }) => id)).toEqual([])
  expect(await mode.evaluate(node => node.scrollWidth <= window.innerWidth)).toBe(true)
  await says('Reading the reply. Speak or tap to interrupt.')
  await expect(mode.getByRole('region', { name: 'What was said' })).toContainText('You sent 1 file')
  // It has an address by now, and a reading that the demo voice made.
  await guest.path()
  await mode.getByRole('button', { name: 'Skip' }).press('Enter')
  await says(/^(Listening|I hear you)/)
  // Spoken to again, it answers again.
  await says('Reading the reply. Speak or tap to interrupt.')
  expect(await microphones(page)).toBe(1)
  await page.keyboard.press('Escape')
  await expect(mode).toHaveCount(0)
  expect(await microphones(page)).toBe(0)
  await expect(guest.messages).toHaveCount(4)
  await expect(guest.question().getByRole('figure', { name: /^Sound: Recording/ })).toBeVisible()
})
