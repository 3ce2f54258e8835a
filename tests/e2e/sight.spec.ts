/** Colours, sizes and directions that people choose, or that a language has. */
import { expect, test } from './fixtures.ts'

test.describe('in forced colours', () => {
  test.use({ contextOptions: { forcedColors: 'active' } })

  test('what can be pressed can be seen', async ({ guest, page }) => {
    await expect(guest.field).toBeFocused()
    const drawn = (name: string) => page.getByRole('button', { name, exact: true }).locator('.iconify').evaluate((icon) => {
      const { backgroundColor } = getComputedStyle(icon)
      const around = getComputedStyle(document.body).backgroundColor
      return backgroundColor !== around && backgroundColor !== 'rgba(0, 0, 0, 0)'
    })
    for (const name of ['Attach', 'Send', 'Record sound', 'Search']) expect(await drawn(name), name).toBe(true)
    expect(await page.getByRole('button', { name: 'Attach', exact: true }).evaluate(button => getComputedStyle(button).outlineStyle)).toBe('solid')
    await page.keyboard.press('Control+k')
    await expect(page.getByRole('option').first()).toHaveAttribute('data-highlighted')
    const [chosen, other] = await page.getByRole('option').evaluateAll(options => options.map(option => getComputedStyle(option).outlineWidth))
    expect(chosen).not.toBe(other)
  })
})

test.describe('at 400 % of 1280 × 800 px', () => {
  test.use({ viewport: { width: 320, height: 200 }, deviceScaleFactor: 4 })

  test('there is more to read than to write in, until one writes', async ({ guest, page }) => {
    await guest.send('tokens 60 at rate 0')
    await guest.untilReplied()
    await page.getByRole('region', { name: 'Messages' }).focus()
    const height = async (role: 'region' | 'form', name: string) => (await page.getByRole(role, { name }).boundingBox())?.height ?? 0
    expect(await height('region', 'Messages')).toBeGreaterThan(await height('form', 'Write a message'))
    await expect(guest.sendButton).toBeHidden()
    await guest.field.focus()
    await expect(guest.sendButton).toBeVisible()
  })
})

test('a title that is written from the right keeps its beginning', async ({ guest, page }) => {
  await guest.send('tokens 3 at rate 100')
  await guest.untilReplied()
  await page.getByRole('button', { name: 'What to do with this conversation' }).click()
  await page.getByRole('menuitem', { name: 'Rename' }).click()
  await page.getByRole('textbox', { name: 'Name of the conversation' }).fill('مرحبا بالعالم كيف حالك اليوم يا صديقي العزيز جدا جدا')
  await page.keyboard.press('Enter')
  const title = guest.list.locator('a[href^="/c/"] span').first()
  await expect(title).toHaveText(/^مرحبا/)
  expect(await title.evaluate(node => getComputedStyle(node).direction)).toBe('rtl')
  expect(await page.getByRole('heading', { level: 1 }).evaluate(node => getComputedStyle(node).direction)).toBe('rtl')
})

test('files that cannot be sent are named, and all taken away at once', async ({ guest, page }) => {
  await guest.attach(...Array.from({ length: 12 }, (_, at) => ({ name: `file-${at}.txt`, mimeType: 'text/plain', buffer: Buffer.from(`hello ${at}`) })))
  await expect(page.getByText('2 files cannot be sent.')).toBeVisible()
  await page.getByRole('button', { name: 'Remove them' }).click()
  await expect(page.getByRole('list', { name: 'Attachments' }).getByRole('listitem')).toHaveCount(10)
  await expect(guest.field).toBeFocused()
  await expect(page.getByText('cannot be sent.')).toHaveCount(0)
})
