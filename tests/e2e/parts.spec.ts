import { expect, test } from './fixtures.ts'

test('what a page at rest may show needs no line: search, shortcuts, menus, an editor', async ({ guest, page, context }) => {
  await guest.send('tokens 3 at rate 100')
  await guest.untilReplied()
  await page.waitForLoadState('networkidle')
  await context.setOffline(true)
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog', { name: 'Search' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await guest.question().getByRole('button', { name: 'Edit' }).click()
  await expect(page.getByRole('textbox', { name: 'Your message' })).toBeFocused()
  await page.keyboard.press('Escape')
  await page.getByRole('heading', { level: 1 }).click()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  await context.setOffline(false)
})
