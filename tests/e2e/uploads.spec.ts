import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { hydrated } from './pages/login.ts'
import { note } from './files.ts'
import { expect, test } from './fixtures.ts'

// Not with the module, which a worker may run again after it has been here once.
let folder: string
test.beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'parley-uploads-')) })
test.afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** 40 MB of text: five parts. `salt` makes its bytes its own. @returns its path */
function large(salt: string): string {
  const path = join(folder, `${salt}.txt`)
  writeFileSync(path, Buffer.from(`${salt} says the same again and again.\n`.repeat(2_000_000)).subarray(0, 40 * 1024 ** 2))
  return path
}

/** Watches what goes to the media store. `let through` decides for each request, from 1. */
async function watchParts(page: Page, letThrough: (nth: number) => 'go' | 'abort' | 'hold') {
  const sent: string[] = []
  const waysThroughServer: string[] = []
  page.on('request', (request) => { if (request.url().endsWith('/content')) waysThroughServer.push(request.url()) })
  await page.route(url => url.pathname.startsWith('/files/'), async (route) => {
    if (route.request().method() !== 'PUT') return route.continue()
    sent.push(route.request().url())
    const verdict = letThrough(sent.length)
    if (verdict === 'go') return route.continue()
    if (verdict === 'abort') return route.abort('connectionrefused')
  })
  return { sent, waysThroughServer }
}

/** What its chip says once every byte is there. */
const arrived = /Being read|\.txt\s*\d+(\.\d)? MB/

test('a large file goes in parts, and after a reload in the middle only the rest is sent', async ({ guest, page }) => {
  let held = true
  const { sent, waysThroughServer } = await watchParts(page, nth => held && nth > 2 ? 'hold' : 'go')
  await guest.attach(large('reload'))
  await expect.poll(() => sent.length).toBeGreaterThanOrEqual(4)
  await expect(guest.attachment('reload.txt')).toContainText('%')
  held = false
  const before = sent.length
  await page.reload()
  await hydrated(page)
  await expect(guest.attachment('reload.txt')).toContainText(arrived, { timeout: 30_000 })
  expect(sent.length - before).toBe(3)
  expect(waysThroughServer).toEqual([])
  await guest.send('What did I send?')
  await guest.untilReplied(45_000)
  await expect(guest.reply()).toContainText('reload.txt')
})

test('a file that this browser kept no copy of is chosen again after a reload, and only the rest is sent', async ({ guest, page }) => {
  // As it is for one above 256 MB, or where the browser's storage is full.
  await page.addInitScript(() => {
    const open = indexedDB.open.bind(indexedDB)
    indexedDB.open = (name, version) => {
      if (name === 'parley-files') throw new DOMException('full', 'QuotaExceededError')
      return open(name, version)
    }
  })
  await guest.reload()
  let held = true
  const { sent } = await watchParts(page, nth => held && nth > 2 ? 'hold' : 'go')
  await guest.attach(large('unkept'))
  // The fifth goes once two have arrived and are remembered.
  await expect.poll(() => sent.length).toBe(5)
  held = false
  await guest.reload()
  const chip = guest.attachment('unkept.txt')
  await expect(chip).toContainText('40 % has arrived. Choose the file again to go on.')
  await guest.field.fill('What did I send?')
  await expect(guest.sendButton).toBeDisabled()

  const choose = async (file: string | { name: string, mimeType: string, buffer: Buffer }) => {
    const choosing = page.waitForEvent('filechooser')
    await chip.getByRole('button', { name: 'Choose again unkept.txt' }).click()
    await (await choosing).setFiles(file)
  }
  await choose(note('other.txt'))
  await expect(chip).toContainText('“other.txt” has 29 bytes and not 41.9 MB. Choose the same file.')
  const before = sent.length
  await choose(large('unkept'))
  await expect(chip).toContainText(arrived, { timeout: 30_000 })
  expect(sent.length - before).toBe(3)
  await guest.sendButton.click()
  await guest.untilReplied(45_000)
  await expect(guest.reply()).toContainText('unkept.txt')
})

test('a lost network in the middle: it goes on by itself', async ({ guest, page, context }) => {
  let held = true
  const { sent } = await watchParts(page, nth => held && nth > 2 ? 'hold' : 'go')
  await guest.attach(large('network'))
  await expect.poll(() => sent.length).toBeGreaterThanOrEqual(4)
  await context.setOffline(true)
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  held = false
  await context.setOffline(false)
  await expect(guest.attachment('network.txt')).toContainText(arrived, { timeout: 45_000 })
})

test('a store that this browser cannot reach: the file goes through our server', async ({ guest, page }) => {
  const { waysThroughServer } = await watchParts(page, () => 'abort')
  await guest.attach(large('walled'))
  await expect(guest.attachment('walled.txt')).toContainText(arrived, { timeout: 45_000 })
  expect(waysThroughServer).toHaveLength(1)
})

test('cancel ends an upload, here and on the server', async ({ guest, page }) => {
  const { sent } = await watchParts(page, () => 'hold')
  await guest.attach(large('cancelled'))
  await expect.poll(() => sent.length).toBe(3)
  const gone = page.waitForResponse(response => response.request().method() === 'DELETE' && response.url().includes('/api/media/'))
  await page.getByRole('button', { name: 'Cancel cancelled.txt' }).click()
  expect((await gone).ok()).toBe(true)
  await expect(guest.attachment('cancelled.txt')).toHaveCount(0)
  await page.reload()
  await hydrated(page)
  await expect(guest.attachment('cancelled.txt')).toHaveCount(0)
})
