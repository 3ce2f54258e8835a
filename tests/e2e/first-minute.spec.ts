import { expect, test } from './fixtures.ts'

test('a newcomer becomes a guest, takes a suggestion, and sees the answer stream', async ({ page, login, conversation: guest }) => {
  await login.open()
  await login.continueAsGuest()
  await page.getByRole('button', { name: 'Explain how an answer survives a crash' }).click()
  await expect(guest.question()).toContainText('Explain how an answer survives a crash')
  await expect(guest.reply()).toContainText('survives a crash', { timeout: 15_000 })
  await guest.untilReplied()
  await expect(guest.reply().getByRole('link', { name: 'Demo model' })).toBeVisible()
  await guest.path()
  // The conversation gets a name, and stands in the list.
  await expect(guest.list.getByRole('link', { name: /crash/i })).toBeVisible()
})

test('the page is readable before its scripts run', async ({ guest, browser, server, context }) => {
  await guest.send('hello')
  await guest.untilReplied()
  const path = await guest.path()
  const plain = await browser.newContext({ baseURL: server.url, javaScriptEnabled: false, storageState: await context.storageState() })
  const page = await plain.newPage()
  await page.goto(path)
  await expect(page.getByRole('article')).toHaveCount(2)
  await plain.close()
})

test('a demo picture comes back, is stored, and is shown', async ({ guest }) => {
  await guest.send('Draw a lighthouse at dusk')
  const image = guest.reply().getByRole('img').first()
  await expect(image).toBeVisible({ timeout: 30_000 })
  await guest.untilReplied()
  await expect.poll(() => guest.reply().locator('img').first().evaluate(node => (node as HTMLImageElement).naturalWidth)).toBeGreaterThan(0)
  await guest.reload()
  await expect.poll(() => guest.reply().locator('img').first().evaluate(node => (node as HTMLImageElement).naturalWidth)).toBeGreaterThan(0)
})
