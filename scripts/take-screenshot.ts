/** `node scripts/take-screenshot.ts`: docs/screenshot.png anew, from the built app and its demo model. */
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { startServer } from '../tests/support/server.ts'
import { findOrInstallBrowser } from './find-browser.mjs'

const file = join(import.meta.dirname, '..', 'docs', 'screenshot.png')
const server = await startServer()
const browser = await chromium.launch({ executablePath: await findOrInstallBrowser(), args: ['--no-sandbox', '--disable-gpu'] })
try {
  const page = await browser.newPage({ baseURL: server.url, viewport: { width: 1280, height: 800 }, colorScheme: 'light', reducedMotion: 'reduce', locale: 'en-GB' })
  page.setDefaultTimeout(60_000)
  await page.goto('/login')
  await page.waitForLoadState('networkidle')
  await page.getByRole('button', { name: 'Continue as guest' }).click()
  await page.getByRole('button', { name: 'Look around with example conversations' }).click()
  const examples = page.getByText('Example conversations are in the list.', { exact: true })
  await examples.waitFor()
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill('Draw a lighthouse at dusk')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await page.getByRole('group', { name: 'Actions for this reply' }).waitFor()
  await examples.waitFor({ state: 'detached' })
  await page.waitForLoadState('networkidle')
  await page.screenshot({ path: file })
}
finally {
  await browser.close()
  await server.close()
}
