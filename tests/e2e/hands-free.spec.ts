import type { Page } from '@playwright/test'
import config from '../../playwright.config.ts'
import { violationsOf } from './axe.ts'
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
  expect(await violationsOf(page)).toEqual([])
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

test('a voice of the device reads the first sentences while the rest is still being written', async ({ guest, page }) => {
  await expect(guest.field).toBeVisible()
  // The browser of the tests has no voice: this one notes what it says, and how much was there to be read.
  await page.evaluate(() => {
    const [voice, said] = [{ lang: 'en-GB', localService: true, default: true }, [] as { text: string, there: string }[]]
    const speak = (utterance: { text: string, onend?: () => void }) => {
      said.push({ text: utterance.text, there: document.querySelector<HTMLElement>('[role="dialog"] [role="region"] p:last-child')?.innerText ?? '' })
      setTimeout(() => utterance.onend?.(), 200)
    }
    Object.assign(globalThis, { said, SpeechSynthesisUtterance: function (this: object, text: string) { Object.assign(this, { text }) } })
    Object.defineProperty(globalThis, 'speechSynthesis', { value: { getVoices: () => [voice], speak, cancel: () => {}, addEventListener: () => {} } })
  })
  const { mode, says } = await open(page)
  await says('Reading the reply. Speak or tap to interrupt.')
  await says(/^Listening/)
  const said = await page.evaluate(() => (globalThis as unknown as { said: { text: string, there: string }[] }).said)
  const whole = await mode.getByRole('region', { name: 'What was said' }).locator('p').last().innerText()
  const words = (text: string) => text.split(/\s+/).join(' ').trim()
  expect(words(said.map(({ text }) => text).join(' '))).toBe(words(whole))
  expect(said[0]!.there.length).toBeLessThan(whole.length / 2)
})

test('a lost line is said; what was said is kept, and the round goes on when the line is back', async ({ guest, page, context }) => {
  // The mode is loaded when it is first wanted.
  const { mode, says } = await open(page)
  await says('I hear you. A pause sends it.')
  await context.setOffline(true)
  await says('You are offline. What you said is kept here and goes out by itself.')
  await context.setOffline(false)
  await says('Reading the reply. Speak or tap to interrupt.')
  await mode.getByRole('button', { name: 'End' }).click()
  await expect(guest.messages).toHaveCount(2)
})

test('pausing closes the microphone, listening again opens it', async ({ guest, page }) => {
  await expect(guest.field).toBeVisible()
  const { mode, says } = await open(page)
  await says('Listening. Speak when you like.')
  await mode.getByRole('button', { name: 'Pause' }).click()
  await says('The microphone is off.')
  expect(await microphones(page)).toBe(0)
  await mode.getByRole('button', { name: 'Listen again' }).click()
  await says('I hear you. A pause sends it.')
  await mode.getByRole('button', { name: 'Send now' }).click()
  await expect(guest.question().getByText(/Recording|Being read|On its way/).first()).toBeAttached()
  await mode.getByRole('button', { name: 'End' }).click()
})

test('a refused microphone is a sentence', async ({ guest, page }) => {
  await expect(guest.field).toBeVisible()
  await page.evaluate(() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError')) })
  const { mode, says } = await open(page)
  await says('Your browser did not allow the microphone. Allow it beside the address and try again.')
  await expect(mode.getByRole('button', { name: 'Listen again' })).toBeEnabled()
  await page.keyboard.press('Escape')
  await expect(mode).toHaveCount(0)
})

test('a reply is read aloud by a voice that is here; a second listen makes nothing anew', async ({ guest, page }) => {
  const asked: string[] = []
  page.on('request', (request) => { if (/\/speech$|spoken-/.test(new URL(request.url()).pathname)) asked.push(`${request.method()} ${new URL(request.url()).pathname.split('/').at(-1)}`) })
  await guest.send('Hello at rate 0')
  await guest.untilReplied()
  const listen = async () => {
    await guest.reply().getByRole('button', { name: 'Read aloud' }).click()
    await expect(guest.reply().getByRole('button', { name: 'Stop reading' })).toBeVisible()
    await guest.reply().getByRole('button', { name: 'Stop reading' }).click()
    await expect(guest.reply().getByRole('button', { name: 'Read aloud' })).toBeVisible()
  }
  await listen()
  await listen()
  expect(asked.filter(one => one === 'POST speech')).toHaveLength(2)
  expect(new Set(asked.filter(one => one.startsWith('GET'))).size).toBe(1)
})
