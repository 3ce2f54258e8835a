/** Whoever uses the keyboard keeps their place: what they press may go away, the focus goes nowhere without a reason. */
import { expect, test } from './fixtures.ts'
import type { Locator, Page } from '@playwright/test'

const fromMenu = async (page: Page, button: Locator, item: string) => {
  await button.press('Enter')
  await page.getByRole('menuitem', { name: item }).press('Enter')
}

test('a dialog that a menu opened gives the focus back to the menu’s button', async ({ guest, page }) => {
  await guest.send('tokens 3 at rate 100')
  await guest.untilReplied()
  await guest.untilAtRest()
  const menu = page.getByRole('button', { name: 'What to do with this conversation' })
  for (const item of ['Pictures, sound and files', 'Instructions for the model']) {
    await fromMenu(page, menu, item)
    await expect(page.getByRole('dialog').locator(':focus')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(menu, item).toBeFocused()
  }
  await fromMenu(page, menu, 'Rename')
  const name = page.getByRole('textbox', { name: 'Name of the conversation' })
  await expect(name).toBeFocused()
  await name.press('Escape')
  await expect(menu).toBeFocused()
  const attach = page.getByRole('button', { name: 'Attach', exact: true })
  await fromMenu(page, attach, 'Camera')
  await expect(page.getByRole('dialog').locator(':focus')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(attach).toBeFocused()
})

test('in the list, what is renamed keeps the focus, and what is deleted gives it to its neighbour', async ({ guest, page }) => {
  for (const name of ['one', 'two', 'three']) {
    await guest.open('/')
    await guest.send(`${name} tokens 3 at rate 100`)
    await guest.untilReplied()
  }
  await guest.untilAtRest()
  const rows = guest.list.locator('a[href^="/c/"]')
  const menu = (at: number) => guest.list.getByRole('button', { name: /^What to do with “/ }).nth(at)
  await fromMenu(page, menu(1), 'Rename')
  await page.getByRole('textbox', { name: 'Name of the conversation' }).fill('Another name')
  await page.keyboard.press('Enter')
  await expect(rows.nth(1)).toHaveText('Another name')
  await expect(rows.nth(1)).toBeFocused()
  await expect(page.getByRole('menu')).toHaveCount(0)
  await fromMenu(page, menu(1), 'Delete')
  await expect(rows).toHaveCount(2)
  await expect(guest.list.locator('li :focus')).toBeVisible()
})

test('with messages: again, another version, edited, stopped', async ({ guest, page }) => {
  await guest.send('tokens 3 at rate 100')
  await guest.untilReplied()
  await guest.reply().getByRole('button', { name: 'Write again' }).press('Enter')
  await expect(guest.reply().getByRole('img', { name: 'Version 2 of 2' })).toBeVisible()
  await expect(guest.field).toBeFocused()
  await guest.reply().getByRole('button', { name: 'Earlier version' }).press('Enter')
  await expect(guest.reply().getByRole('img', { name: 'Version 1 of 2' })).toBeVisible()
  await expect(guest.reply().getByRole('button', { name: 'Later version' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(guest.reply().getByRole('img', { name: 'Version 2 of 2' })).toBeVisible()
  await expect(guest.reply().getByRole('button', { name: 'Earlier version' })).toBeFocused()
  await guest.question().getByRole('button', { name: 'Edit' }).press('Enter')
  await page.getByRole('textbox', { name: 'Your message' }).fill('slow')
  await page.keyboard.press('Enter')
  await expect(guest.field).toBeFocused()
  await guest.untilWritten(5)
  await guest.stopButton.press('Enter')
  await expect(guest.reply()).toContainText('Stopped here.')
  await expect(guest.field).toBeFocused()
})

test('an attachment that is removed gives the focus to the next one, the last one to the field', async ({ guest, page }) => {
  await guest.attach(...['a.txt', 'b.txt'].map(name => ({ name, mimeType: 'text/plain', buffer: Buffer.from(name) })))
  await guest.attachment('a.txt').getByRole('button', { name: /^Remove/ }).press('Enter')
  await expect(guest.attachment('a.txt')).toHaveCount(0)
  await expect(guest.attachment('b.txt').getByRole('button', { name: /^Remove/ })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(guest.field).toBeFocused()
})

test('where one points, the focus is left alone', async ({ guest, page }) => {
  await guest.attach({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') })
  await guest.attachment('a.txt').getByRole('button', { name: /^Remove/ }).click()
  await expect(guest.attachment('a.txt')).toHaveCount(0)
  // Longer than the focus would take to come back.
  await page.evaluate(() => new Promise(resolve => setTimeout(resolve, 400)))
  expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true)
})

test('Escape closes what lies on top, one after the other', async ({ guest, page }) => {
  await guest.send('Draw a lighthouse at dusk')
  await guest.untilReplied()
  await guest.untilAtRest()
  const menu = page.getByRole('button', { name: 'What to do with this conversation' })
  await fromMenu(page, menu, 'Pictures, sound and files')
  const gallery = page.getByRole('dialog', { name: 'In this conversation' })
  const open = gallery.getByRole('button', { name: /^Open .* large$/ })
  await open.press('Enter')
  const large = page.getByRole('dialog', { name: /^Picture: / })
  await expect(large).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(large).toBeHidden()
  await expect(open).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(gallery).toBeHidden()
  await expect(menu).toBeFocused()
})

test('while one records, nothing behind the bar has the focus; Escape gives it back', async ({ guest, page }) => {
  const record = page.getByRole('button', { name: 'Record sound' })
  await expect(record).toBeVisible()
  await record.press('Enter')
  await expect(page.getByRole('button', { name: 'Attach the recording' })).toBeFocused()
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
  await expect(page.getByRole('button', { name: 'Cancel the recording' })).toBeFocused()
  await page.keyboard.press('Shift+Tab')
  await expect(guest.field).toBeFocused()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Escape')
  await expect(record).toBeFocused()
})
