import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'

/** How far what is shown of the conversation is from its end, in pixels. */
const fromEnd = (page: Page) => page.getByRole('region', { name: 'Messages' }).evaluate(node => Math.abs(node.scrollTop))

/** Counts what moves by itself, as browsers measure it: from now on, or since the page was opened. */
async function watchShifts(page: Page, from: 'now' | 'opening') {
  await page.evaluate((since) => {
    const seen: number[] = []
    const start = since === 'now' ? performance.now() : 0
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) if (entry.startTime >= start) seen.push(entry.value)
    }).observe({ type: 'layout-shift', buffered: true })
    Object.assign(globalThis, { shifts: seen })
  }, from)
  return () => page.evaluate(() => new Promise<number>(resolve => requestAnimationFrame(() => setTimeout(() => resolve((globalThis as unknown as { shifts: number[] }).shifts.reduce((sum, value) => sum + value, 0))))))
}

test('scrolling up lets go at once, and the pill leads back', async ({ guest, page }) => {
  await guest.send('tokens 20000 at rate 150')
  await expect.poll(() => page.getByRole('region', { name: 'Messages' }).evaluate(node => node.scrollHeight - node.clientHeight), { timeout: 30_000 }).toBeGreaterThan(250)
  expect(await fromEnd(page)).toBeLessThanOrEqual(8)
  await guest.messages.first().hover()
  await page.mouse.wheel(0, -200)
  const pill = page.getByRole('button', { name: 'Jump to latest' })
  await expect(pill).toBeVisible()
  await guest.untilWritten((await guest.replyText()).length + 800)
  await expect(pill).toBeVisible()
  await pill.click()
  await expect(pill).toBeHidden()
  await guest.untilWritten((await guest.replyText()).length + 400)
  expect(await fromEnd(page)).toBeLessThanOrEqual(8)
  // Stopping works from here as well as from the composer.
  await page.getByRole('region', { name: 'Messages' }).focus()
  await page.keyboard.press('Escape')
  await expect(guest.reply()).toContainText('Stopped here.')
})

test.describe('in a tall window', () => {
  test.use({ viewport: { width: 1280, height: 1500 } })

  test('nothing moves while a reply with a picture is written, nor when its page is opened anew', async ({ guest, page }) => {
    await expect(guest.field).toBeFocused()
    await guest.send('Draw a lighthouse at dusk')
    await guest.path()
    await expect(guest.question()).toBeVisible()
    const shifted = await watchShifts(page, 'now')
    await guest.untilReplied(45_000)
    await expect.poll(() => guest.reply().getByRole('img').first().evaluate(node => (node as HTMLImageElement).naturalWidth)).toBeGreaterThan(0)
    // The line that says “Thinking…” makes place for the text; a picture that jumped would be 0.2 and more.
    expect(await shifted()).toBeLessThan(0.05)
    await guest.reload()
    await expect(guest.reply().getByRole('group', { name: 'Actions for this reply' })).toBeVisible()
    expect(await (await watchShifts(page, 'opening'))()).toBeLessThan(0.05)
  })
})

test('a link to a message leads to it and marks it', async ({ guest }) => {
  await guest.send('tokens 900 at rate 0')
  await guest.untilReplied()
  await guest.send('tokens 900 at rate 0')
  await expect(guest.messages).toHaveCount(4)
  await guest.untilReplied()
  const first = guest.messages.first()
  const id = await first.getAttribute('id')
  await guest.open(`${await guest.path()}#${id}`)
  await expect(first).toBeInViewport()
  await expect(first).toHaveClass(/is-marked/)
})

test('back and forward keep the place; the tab has the name of its conversation', async ({ guest, page }) => {
  await guest.send('tokens 1500 at rate 0')
  await guest.untilReplied()
  await expect(page).toHaveTitle('Tokens 1500 at rate 0 · Parley')
  await guest.messages.first().hover()
  await page.mouse.wheel(0, -300)
  await expect(page.getByRole('button', { name: 'Jump to latest' })).toBeVisible()
  const top = () => guest.reply().evaluate(node => Math.round(node.getBoundingClientRect().top))
  const before = await top()
  await guest.list.getByRole('link', { name: 'New conversation', exact: true }).click()
  await expect(page).toHaveTitle('New conversation · Parley')
  await page.goBack()
  await expect(page).toHaveTitle('Tokens 1500 at rate 0 · Parley')
  await expect.poll(top).toBe(before)
  await page.goForward()
  await expect(page).toHaveTitle('New conversation · Parley')
})

test('what finishes while one is elsewhere gets a dot, until it is looked at', async ({ guest }) => {
  await guest.send('tokens 240 at rate 30')
  await guest.untilWritten()
  await guest.list.getByRole('link', { name: 'New conversation', exact: true }).click()
  const row = guest.list.getByRole('listitem').getByRole('link')
  await expect(row).toHaveAccessibleName(/, finished while you were elsewhere$/)
  await row.click()
  await expect(row).not.toHaveAccessibleName(/elsewhere/)
  await guest.untilReplied()
})
