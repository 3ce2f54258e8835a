/** A provider with more models than a menu shows at a glance: they are found by typing. */
import { llmSettings } from '../support/live-settings.ts'
import { startScriptedLlm } from '../support/scripted-llm.ts'
import { startServer } from '../support/server.ts'
import { violationsOf } from './axe.ts'
import { test as base, expect } from './fixtures.ts'

const long = 'a-model-with-quite-a-long-name-instruct-2026-11-preview'
const test = base.extend<object, { server: Awaited<ReturnType<typeof startServer>> }>({
  server: [async ({}, use) => {
    const llm = await startScriptedLlm()
    const server = await startServer({ env: { ...llmSettings(llm), OPENAI_MODELS: ['fake', `${long}[image audio]`, ...Array.from({ length: 10 }, (_, at) => `model-${at + 1}`)].join(',') } })
    await use(server)
    await server.close()
    await llm.close()
  }, { scope: 'worker', timeout: 120_000 }],
})

test('many models are found by typing, chosen by keyboard, and each opening begins anew', async ({ guest, page }) => {
  await expect(guest.field).toBeFocused()
  const button = page.getByRole('button', { name: /^Model: / })
  const find = page.getByPlaceholder('Find a model')
  // It wakes up when the page is idle.
  await expect(async () => {
    if (!await find.isVisible()) await button.click()
    await expect(find).toBeFocused({ timeout: 1000 })
  }).toPass()
  await expect(page.getByRole('option')).toHaveCount(12)
  expect(await violationsOf(page)).toEqual([])
  await page.keyboard.type('nowhere')
  await expect(page.getByText('No model is called “nowhere”.')).toBeVisible()
  expect(await violationsOf(page)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(find).toBeHidden()
  await expect(button).toBeFocused()
  await button.press('Enter')
  await expect(page.getByRole('option')).toHaveCount(12)
  await page.keyboard.type('model-7')
  await expect(page.getByRole('option').first()).toHaveText('model-7')
  await page.keyboard.press('Enter')
  await expect(find).toBeHidden()
  await expect(button).toHaveAccessibleName('Model: model-7')
  await button.press('Enter')
  await expect(page.getByRole('option', { name: 'model-7' })).toHaveAttribute('aria-selected', 'true')
})

test('a long name stays within a phone’s window', async ({ guest, page }) => {
  await page.setViewportSize({ width: 360, height: 740 })
  await guest.send(JSON.stringify({ tokens: 5, status: 401, name: 'no key' }))
  // What opens over the page of a new conversation goes with it.
  await guest.path()
  await guest.reply().getByRole('button', { name: 'Use another model' }).click()
  const box = await page.getByRole('dialog').boundingBox()
  expect(box!.x).toBeGreaterThanOrEqual(0)
  expect(box!.x + box!.width).toBeLessThanOrEqual(360)
})

test('another model for a reply is found by typing too, and the focus comes back', async ({ guest, page }) => {
  const find = page.getByPlaceholder('Find a model')
  await guest.send(JSON.stringify({ tokens: 5, status: 401, name: 'no key' }))
  // What opens over the page of a new conversation goes with it.
  await guest.path()
  // The page that has just come gives its field the focus, which closes what was opened a moment before.
  await expect(async () => {
    if (!await find.isVisible()) await guest.reply().getByRole('button', { name: 'Use another model' }).press('Enter')
    await expect(find).toBeFocused({ timeout: 2000 })
  }).toPass()
  // Not the one that failed.
  await expect(page.getByRole('option')).toHaveCount(11)
  await expect(page.getByRole('option', { selected: true })).toHaveCount(0)
  expect(await violationsOf(page)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(guest.reply().getByRole('button', { name: 'Use another model' })).toBeFocused()
  await guest.send('tokens 3')
  await expect(guest.messages).toHaveCount(4)
  await guest.untilReplied()
  const more = guest.reply().getByRole('button', { name: 'More' })
  const item = page.getByRole('menuitem', { name: /^Write again with/ })
  await more.press('Enter')
  await expect(item).toHaveText('Write again with…')
  await item.press('Enter')
  await expect(find).toBeFocused()
  await expect(page.getByRole('option')).toHaveCount(12)
  expect(await violationsOf(page)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(more).toBeFocused()
  await more.press('Enter')
  await item.press('Enter')
  await expect(find).toBeFocused()
  await page.keyboard.type('model-7')
  await expect(page.getByRole('option').first()).toHaveText('model-7')
  await page.keyboard.press('Enter')
  await expect(find).toBeHidden()
  await expect(guest.reply().getByRole('heading', { name: 'model-7' })).toBeAttached()
  await expect(guest.reply().getByRole('img', { name: 'Version 2 of 2' })).toBeVisible()
})
