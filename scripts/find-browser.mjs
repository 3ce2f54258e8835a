/** A Chromium for the browser tests: one that is here, or else installed. */
import { existsSync } from 'node:fs'
import { runStep } from './run-step.mjs'

// The first, which has no window to draw, takes half of the processor time of the others.
const usual = [
  '/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

async function playwrightsOwn() {
  const { chromium } = await import('@playwright/test')
  const path = chromium.executablePath()
  return path && existsSync(path) ? path : undefined
}

/** Path of a browser that is here, or undefined. `CHROMIUM_PATH` wins. */
export async function findBrowser() {
  const named = process.env.CHROMIUM_PATH
  if (named && !existsSync(named)) throw new Error(`CHROMIUM_PATH names ${named}, which isn't there.`)
  return named || usual.find(path => existsSync(path)) || await playwrightsOwn()
}

/** Like findBrowser, but installs one where there is none: Debian's as root, Playwright's otherwise. */
export async function findOrInstallBrowser() {
  const found = await findBrowser()
  if (found) return found
  console.log('No Chromium here; installing one for the browser tests.')
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    await runStep('apt-get', ['update', '-q'], { env, quiet: true })
    const install = name => runStep('apt-get', ['install', '-y', '-q', '--no-install-recommends', name], { env })
    if ((await install('chromium-headless-shell')).code !== 0) await install('chromium')
  }
  if (!await findBrowser()) await runStep('playwright', ['install', 'chromium'])
  const installed = await findBrowser()
  if (!installed) throw new Error('The browser tests need Chromium and could not install it. Install Chromium or Chrome, or set CHROMIUM_PATH, and run again.')
  return installed
}
