import type { Page } from '@playwright/test'
import { openFalteringLine } from './faltering-line.ts'
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

/** How far the top of the newest reply moves, as it is painted, many times a second. */
async function watchTop(page: Page) {
  await page.locator('[data-role="assistant"]').last().evaluate((node) => {
    const tops: number[] = []
    // An observer's first entry tells what is painted; earlier within a frame, what came in is there before it is made up for.
    const look = () => new IntersectionObserver(([entry], observer) => {
      if (entry) tops.push(entry.boundingClientRect.top)
      observer.disconnect()
      setTimeout(look, 30)
    }).observe(node)
    look()
    Object.assign(globalThis, { tops })
  })
  const seen = () => page.evaluate(() => {
    const { tops } = globalThis as unknown as { tops: number[] }
    return { frames: tops.length, moved: Math.max(...tops) - Math.min(...tops) }
  })
  /** Forgets what was before the wheel, which glides for a moment, came to rest. */
  async function untilAtRest() {
    await expect.poll(async () => {
      await page.evaluate(() => { (globalThis as unknown as { tops: number[] }).tops.length = 0 })
      await expect.poll(async () => (await seen()).frames).toBeGreaterThan(10)
      return (await seen()).moved
    }).toBeLessThanOrEqual(1)
  }
  return { untilAtRest, moved: async () => (await seen()).moved }
}

test('scrolling up lets go at once: nothing moves, and the pill leads back', async ({ guest, page }) => {
  await guest.send('tokens 20000 at rate 60')
  await expect.poll(() => page.getByRole('region', { name: 'Messages' }).evaluate(node => node.scrollHeight - node.clientHeight), { timeout: 30_000 }).toBeGreaterThan(250)
  expect(await fromEnd(page)).toBeLessThanOrEqual(8)
  await guest.messages.first().hover()
  await page.mouse.wheel(0, -200)
  const pill = page.getByRole('button', { name: 'Jump to latest' })
  await expect(pill).toBeVisible()
  const top = await watchTop(page)
  await top.untilAtRest()
  await guest.untilWritten((await guest.replyText()).length + 800)
  expect(await top.moved()).toBeLessThanOrEqual(1)
  await pill.click()
  await expect(pill).toBeHidden()
  await guest.untilWritten((await guest.replyText()).length + 400)
  expect(await fromEnd(page)).toBeLessThanOrEqual(8)
  // Stopping works from here as well as from the composer.
  await page.getByRole('region', { name: 'Messages' }).focus()
  await page.keyboard.press('Escape')
  await expect(guest.reply()).toContainText('Stopped here.')
})

test('what is selected in a reply that is being written stays selected, and can be copied', async ({ guest, page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await guest.send('tokens 20000 at rate 150')
  await guest.untilWritten(100)
  // As a mouse would, which the text, on its way up, would not wait for.
  await guest.reply().getByText('t0 t1 t2').evaluate((words) => {
    const text = document.createTreeWalker(words, NodeFilter.SHOW_TEXT).nextNode()
    if (text) getSelection()?.setBaseAndExtent(text, 3, text, 12)
  })
  const selected = () => page.evaluate(() => getSelection()?.toString())
  const before = 't1 t2 t3 '
  expect(await selected()).toBe(before)
  await guest.untilWritten((await guest.replyText()).length + 800)
  expect(await selected()).toBe(before)
  await page.keyboard.press('ControlOrMeta+c')
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(before)
  await guest.stopButton.click()
  await expect(guest.reply()).toContainText('Stopped here.')
  expect(await selected()).toBe(before)
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
    expect(await shifted()).toBeLessThan(0.01)
    await guest.reload()
    await expect(guest.reply().getByRole('group', { name: 'Actions for this reply' })).toBeVisible()
    expect(await (await watchShifts(page, 'opening'))()).toBeLessThan(0.01)
  })
})

test('nothing moves in a page that arrives in two halves', async ({ guest, browser, server, context }) => {
  await expect(guest.page.getByRole('heading', { name: 'What is on your mind?' })).toBeVisible()
  const line = await openFalteringLine(server.url, 'Explain how an answer survives a crash')
  const halved = await browser.newContext({ baseURL: line.url, viewport: { width: 412, height: 915 }, storageState: await context.storageState() })
  const page = await halved.newPage()
  await page.goto('/', { waitUntil: 'commit' })
  await page.waitForFunction(() => document.querySelector('main ul li') && [...document.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]')].every(style => style.sheet), undefined, { polling: 100 })
  // Time to paint the half, for who would: nothing is asked for a frame when nothing is painted.
  await page.evaluate(() => new Promise<void>((resolve) => {
    setTimeout(resolve, 1000)
    requestAnimationFrame(() => requestAnimationFrame(() => resolve()))
  }))
  line.goOn()
  await page.waitForLoadState('load')
  const shifts = await watchShifts(page, 'opening')
  // The words in their own typeface are as long as in the other to a few pixels.
  expect(await shifts()).toBeLessThan(0.01)
  await halved.close()
  line.close()
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
