import { readFileSync } from 'node:fs'
import type { Download, Page } from '@playwright/test'
import { unzipSync } from 'fflate'
import { ExportedConversation } from '../../shared/export.ts'
import { expect, test } from './fixtures.ts'

/** What a click makes the browser save. */
async function saved(page: Page, click: () => Promise<void>): Promise<{ name: string, bytes: Buffer }> {
  const downloading = page.waitForEvent('download')
  await click()
  const download: Download = await downloading
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) }
}

test('a conversation is saved from its menu, and everything from the settings', async ({ guest, page }) => {
  await guest.send('tokens 5 at rate 0')
  await guest.untilReplied()
  const said = await guest.replyText()
  const path = await guest.path()
  const save = (item: string) => saved(page, async () => {
    const entry = page.getByRole('menuitem', { name: item })
    await expect(async () => {
      if (!await entry.isVisible()) await page.getByRole('button', { name: 'What to do with this conversation' }).click()
      await expect(entry).toBeVisible({ timeout: 1000 })
    }).toPass()
    await entry.click()
    // One that is just closing is still there to be found.
    await expect(entry).toBeHidden()
  })
  const markdown = await save('Save as Markdown')
  expect(markdown.name).toMatch(/^\d{4}-\d\d-\d\d-.+\.md$/)
  expect(markdown.bytes.toString()).toContain('tokens 5 at rate 0')
  const json = await save('Save as JSON')
  const { id, messages } = ExportedConversation.parse(JSON.parse(json.bytes.toString()))
  expect([path, messages.map(message => message.role)]).toEqual([`/c/${id}`, ['user', 'assistant']])
  expect(messages[1]?.content.replace(/\s+/g, ' ')).toContain(said.slice(0, 20))
  // The page is where it was.
  expect(await guest.path()).toBe(path)

  await page.goto('/settings')
  const link = page.getByRole('region', { name: 'Your data' }).getByRole('link', { name: 'Download everything' })
  const archive = await saved(page, () => link.click())
  expect(archive.name).toMatch(/^parley-guest-\d{4}-\d\d-\d\d\.zip$/)
  expect(Object.keys(unzipSync(archive.bytes))).toEqual(['account.json', expect.stringMatching(/^conversations\/.*\/conversation\.md$/), expect.stringMatching(/^conversations\/.*\/conversation\.json$/)])
})
