import { book, heic, pdf, report } from '../support/samples.ts'
import { expect, test } from './fixtures.ts'
import { picture } from './files.ts'

test('a picture is asked for directly, looked at, and edited; the conversation goes on with its own model', async ({ guest, page }) => {
  const begin = page.getByRole('menuitem', { name: 'Make a picture' })
  await expect(async () => {
    if (!await begin.isVisible()) await page.getByRole('button', { name: 'Attach', exact: true }).click()
    await expect(begin).toBeVisible({ timeout: 1000 })
  }).toPass()
  await begin.click()
  await expect(guest.field).toHaveAttribute('placeholder', 'What should the picture show?')
  await guest.send('a lighthouse at dusk')
  await guest.untilReplied(45_000)
  await expect(guest.reply().getByRole('img')).toBeVisible()
  await expect(page.getByRole('button', { name: /^Model: Parley demo$/ })).toBeVisible()

  await guest.reply().getByRole('button', { name: /^Open .* large$/ }).click()
  await page.getByRole('dialog', { name: /^Picture/ }).getByRole('button', { name: 'Edit' }).click()
  await expect(guest.attachment('picture.png')).toBeVisible()
  await expect(guest.field).toBeFocused()
  await guest.send('make it grey')
  await expect(guest.messages).toHaveCount(4)
  await guest.untilReplied(45_000)
  await expect(guest.reply().getByRole('img')).toBeVisible()
  await expect(guest.reply()).toContainText('The model was given “picture.png” as it is.')

  // Taken away from beside the text, the picture stays where it was.
  await guest.reply().getByRole('button', { name: /^Open .* large$/ }).click()
  await page.getByRole('dialog', { name: /^Picture/ }).getByRole('button', { name: 'Edit' }).click()
  await page.getByRole('button', { name: 'Remove picture.png' }).click()
  await guest.reload()
  await expect(page.getByRole('log').getByRole('button', { name: /^Open .* large$/ })).toHaveCount(3)
})

test('pictures have their place before they load, open large, and go on by key', async ({ guest, page }) => {
  await guest.attach(await picture('one.png'), await picture('two.png'), { ...heic(), mimeType: 'image/heic', buffer: heic().bytes })
  await guest.send('three pictures')
  await guest.untilReplied(45_000)
  await guest.reload()
  await page.route('**/files/**', () => {})
  await page.reload()
  const first = guest.question().getByRole('button', { name: 'Open one.png large' })
  const box = await first.boundingBox()
  expect(box!.width / box!.height).toBeCloseTo(320 / 200, 1)
  // A blur of it stands there meanwhile.
  await expect.poll(() => first.locator('canvas').evaluate(node => (node as HTMLCanvasElement).getContext('2d')!.getImageData(12, 12, 1, 1).data[3])).toBe(255)
  await page.unroute('**/files/**')
  await guest.reload()
  expect(await first.boundingBox()).toMatchObject({ width: box!.width, height: box!.height })

  await first.click()
  const dialog = page.getByRole('dialog', { name: /^Picture/ })
  await expect(dialog).toContainText('1 of 3')
  await page.keyboard.press('ArrowRight')
  await expect(dialog).toContainText('two.png')
  await page.keyboard.press('ArrowRight')
  await expect(dialog).toContainText('IMG_0001.jpg')
  await expect.poll(() => dialog.getByRole('img').evaluate(node => (node as HTMLImageElement).naturalWidth)).toBe(80)
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
})

test.describe('on a touch screen', () => {
  test.use({ hasTouch: true, viewport: { width: 390, height: 844 } })

  test('a swipe goes on and back between pictures, and down closes; a large one is moved, not left', async ({ guest, page }) => {
    await guest.attach(await picture('one.png'), await picture('two.png'))
    await guest.send('two pictures')
    await guest.question().getByRole('button', { name: 'Open one.png large' }).tap()
    const dialog = page.getByRole('dialog', { name: /^Picture/ })
    await expect(dialog).toContainText('1 of 2')
    const touch = await page.context().newCDPSession(page)
    const swipe = async (byX: number, byY: number) => {
      const at = (part: number) => [{ x: 195 + byX * part, y: 422 + byY * part }]
      await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0) })
      for (const part of [0.25, 0.5, 0.75, 1]) await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(part) })
      await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    }
    await swipe(-150, 10)
    await expect(dialog).toContainText('2 of 2')
    // There is none after the last.
    await swipe(-150, 0)
    await expect(dialog).toContainText('2 of 2')
    // The picture that has just sprung back may still be on its way.
    await expect(async () => {
      await swipe(150, -10)
      await expect(dialog).toContainText('1 of 2', { timeout: 1000 })
    }).toPass()
    // Too short to be meant.
    await swipe(-40, 0)
    await expect(dialog).toContainText('1 of 2')

    const matrix = (part: 'a' | 'e') => () => dialog.getByRole('img').evaluate((node, name) => new DOMMatrix(getComputedStyle(node).transform)[name], part)
    const [scale, movedBy] = [matrix('a'), matrix('e')]
    const zoomIn = await dialog.getByRole('button', { name: 'Zoom in' }).boundingBox()
    // By hand: Playwright's own tap comes a moment later, and a tap right after a swipe counts as well.
    await swipe(-40, 0)
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: zoomIn!.x + zoomIn!.width / 2, y: zoomIn!.y + zoomIn!.height / 2 }] })
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    await expect.poll(scale).toBe(1.5)
    await swipe(-150, 0)
    await expect(dialog).toContainText('1 of 2')
    await expect.poll(movedBy).toBeLessThan(-50)
    await dialog.getByRole('button', { name: 'Zoom out' }).tap()
    await expect.poll(scale).toBe(1)
    await swipe(10, 150)
    await expect(dialog).toBeHidden()
  })
})

test('a document can be looked into: first page, text, table; what takes room is listed and can be deleted', async ({ guest, page }) => {
  await guest.attach({ name: 'paper.pdf', mimeType: 'application/pdf', buffer: pdf().bytes }, { name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from('name,age,born in,died in,wrote\n"Lovelace, Ada",36,London,Marylebone,notes\n') })
  await guest.send('two documents')
  await guest.untilReplied(45_000)
  const dialog = page.getByRole('dialog')
  await guest.question().getByRole('button', { name: 'Look into paper.pdf' }).click()
  await expect.poll(() => dialog.getByRole('img', { name: 'First page of paper.pdf' }).evaluate(node => (node as HTMLImageElement).naturalHeight)).toBe(1280)
  await expect(dialog).toContainText('2 pages')
  await expect(dialog).toContainText('And page two')
  await page.keyboard.press('Escape')
  await guest.question().getByRole('button', { name: 'Look into list.csv' }).click()
  await expect(dialog.getByRole('cell', { name: 'Lovelace, Ada' })).toBeVisible()
  // A column on a phone is no narrower than its words.
  await page.setViewportSize({ width: 360, height: 740 })
  expect((await dialog.getByRole('cell', { name: 'Lovelace, Ada' }).boundingBox())!.height).toBeLessThan(40)
  await page.setViewportSize({ width: 1280, height: 720 })
  await page.keyboard.press('Escape')

  await guest.attach(...[report(), book()].map(({ name, mime, bytes }) => ({ name, mimeType: mime, buffer: bytes })))
  await guest.send('two more')
  await guest.untilReplied(45_000)
  await guest.question().getByRole('button', { name: 'Look into report.docx' }).click()
  await expect(dialog.getByRole('heading', { name: 'The lighthouse' })).toBeVisible()
  await expect(dialog.getByRole('listitem')).toHaveText(['Oil', 'Good oil'])
  await expect(dialog.getByRole('columnheader', { name: 'Cost (pounds)' })).toBeVisible()
  await page.keyboard.press('Escape')
  await guest.question().getByRole('button', { name: 'Look into book.xlsx' }).click()
  await expect(dialog.getByRole('heading', { name: 'Totals & more' })).toBeVisible()
  await expect(dialog.getByRole('columnheader', { name: '2024-02-29' })).toBeVisible()
  await page.keyboard.press('Escape')

  await guest.open('/settings')
  await page.getByRole('button', { name: 'Delete paper.pdf' }).click()
  await expect(page.getByRole('button', { name: 'Delete paper.pdf' })).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Delete list.csv' })).toBeVisible()
})
