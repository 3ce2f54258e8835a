import { violationsInBothThemes } from './axe.ts'
import { expect, test } from './fixtures.ts'

test.describe('in light and in dark colours', () => {
  // Where most tests load their pages in light ones.
  test.use({ colorScheme: 'dark' })

  test('no page has an accessibility fault', async ({ page, login, conversation }) => {
    await login.open('?mode=sign-up')
    expect(await violationsInBothThemes(page), 'sign up').toEqual([])
    await login.open()
    expect(await violationsInBothThemes(page), 'sign in').toEqual([])
    await login.continueAsGuest()
    expect(await violationsInBothThemes(page), 'empty').toEqual([])
    for (const path of ['/settings', '/help/models', '/no/such/page', '/c/01900000-0000-7000-8000-000000000000']) {
      await conversation.open(path)
      expect(await violationsInBothThemes(page), path).toEqual([])
    }
    await page.goto('/api/docs')
    await expect(page.getByRole('heading', { name: /^Parley/ })).toBeVisible()
    expect(await violationsInBothThemes(page), 'the description of the API').toEqual([])
  })

  test('no menu of the field has one', async ({ page, guest }) => {
    await expect(guest.field).toBeFocused()
    for (const name of ['Attach', /^Model: /]) {
      // It wakes up when the page is idle.
      await expect(async () => {
        await page.getByRole('button', { name, exact: true }).click()
        await expect(page.getByRole('menu')).toBeVisible({ timeout: 1000 })
      }).toPass()
      expect(await violationsInBothThemes(page), String(name)).toEqual([])
      await page.keyboard.press('Escape')
      await expect(page.getByRole('menu')).toHaveCount(0)
    }
  })

  test('no conversation has one, nor what opens over it', async ({ page, guest }) => {
    await guest.send('Show me what you can do at rate 0')
    await guest.untilReplied(45_000)
    await expect(guest.reply().getByRole('img', { name: /^Diagram/ })).toBeVisible({ timeout: 30_000 })
    expect(await violationsInBothThemes(page), 'a conversation').toEqual([])
    const overlay = async (what: string, open: () => Promise<void>, role: 'dialog' | 'menu' = 'dialog') => {
      await open()
      await expect(page.getByRole(role).first()).toBeVisible()
      expect(await violationsInBothThemes(page), what).toEqual([])
      await page.keyboard.press('Escape')
      await expect(page.getByRole(role)).toHaveCount(0)
    }
    const menu = async (item?: string) => {
      await page.getByRole('button', { name: 'What to do with this conversation' }).click()
      if (item) await page.getByRole('menuitem', { name: item }).click()
    }
    await overlay('the palette', () => page.keyboard.press('Control+k'))
    await overlay('the palette without a result', async () => {
      await page.keyboard.press('Control+k')
      await page.getByPlaceholder('Search everything').fill('qqzzqqzz')
      await expect(page.getByText('Nothing was found for “qqzzqqzz”.')).toBeVisible()
    })
    await overlay('the menu of the conversation', () => menu(), 'menu')
    await overlay('its media', () => menu('Pictures, sound and files'))
    await overlay('its instructions', () => menu('Instructions for the model'))
    await overlay('a picture in large', () => guest.reply().getByRole('button', { name: /^Open .* large$/ }).click())
    await overlay('the account', () => page.getByRole('button', { name: /, your account$/ }).click(), 'menu')
    await page.getByRole('heading', { level: 1 }).click()
    await overlay('the shortcuts', () => page.keyboard.press('?'))
    await guest.send('fail')
    await expect(guest.reply().getByRole('button', { name: 'Try again' })).toBeVisible()
    await expect(page.getByRole('dialog')).toHaveCount(0)
    expect(await violationsInBothThemes(page), 'a failed reply').toEqual([])
  })
})

test('the keyboard alone is enough: guest, message, stop, again', async ({ page, login, conversation }) => {
  await login.open()
  const guestButton = page.getByRole('button', { name: 'Continue as guest' })
  for (let i = 0; i < 20 && !await guestButton.evaluate(node => node === document.activeElement); i++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(conversation.field).toBeFocused()
  await page.keyboard.type('slow')
  await page.keyboard.press('Enter')
  await conversation.untilWritten(5)
  await expect(conversation.field).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(conversation.reply()).toContainText('Stopped here.')
  await page.keyboard.type('tokens 3 at rate 100')
  await page.keyboard.press('Enter')
  await expect(conversation.messages).toHaveCount(4)
  await conversation.untilReplied()
})

const windows = [
  { name: '320 px wide', use: { viewport: { width: 320, height: 640 }, hasTouch: true } },
  { name: '360 px wide', use: { viewport: { width: 360, height: 640 }, hasTouch: true } },
  { name: 'at 200 % of 1280 × 800 px', use: { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 } },
]
for (const { name, use } of windows) {
  test.describe(name, () => {
    test.use(use)

    test('nothing sticks out, and a conversation can be had', async ({ page, login, conversation }) => {
      const sticksOut = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      await login.open()
      expect(await sticksOut()).toBeLessThanOrEqual(0)
      await login.continueAsGuest()
      expect(await sticksOut()).toBeLessThanOrEqual(0)
      await expect(page.getByRole('heading', { name: 'What is on your mind?' })).toBeInViewport({ ratio: 1 })
      await conversation.send('Show me what you can do at rate 0')
      await conversation.untilReplied(45_000)
      expect(await sticksOut()).toBeLessThanOrEqual(0)
      // There is still more to read than to write in.
      const [reading, writing] = [page.getByRole('region', { name: 'Messages' }), page.getByRole('form', { name: 'Write a message' })]
      expect((await reading.boundingBox())?.height).toBeGreaterThan((await writing.boundingBox())?.height ?? Infinity)
      await conversation.open('/settings')
      expect(await sticksOut()).toBeLessThanOrEqual(0)
    })
  })
}

test('a chosen theme is there before anything is painted', async ({ page, login }) => {
  await page.addInitScript(() => {
    localStorage.setItem('nuxt-color-mode', 'dark')
    addEventListener('DOMContentLoaded', () => Object.assign(globalThis, { darkAtFirst: document.documentElement.classList.contains('dark') }))
  })
  await login.open()
  expect(await page.evaluate(() => (globalThis as { darkAtFirst?: boolean }).darkAtFirst)).toBe(true)
})

test('who wants less motion gets none', async ({ page, guest }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await guest.send('slow')
  await expect(guest.reply()).toContainText('Thinking…')
  const longest = await page.evaluate(() => Math.max(...[...document.querySelectorAll('*')].flatMap(node => ['', '::before', '::after'].flatMap((part) => {
    const { animationName, animationDuration, transitionDuration } = getComputedStyle(node, part)
    return [animationName === 'none' ? '0s' : animationDuration, transitionDuration].flatMap(list => list.split(',').map(parseFloat))
  }))))
  expect(longest).toBeLessThanOrEqual(0.001)
  await guest.stopButton.click()
})

test('what the server drew has the ids that the browser counts: an open menu names the button it came from', async ({ guest, page }) => {
  await guest.send('tokens 3 at rate 100')
  await guest.untilReplied()
  await guest.reload()
  const menu = page.getByRole('menu')
  for (const name of ['Attach', 'What to do with this conversation']) {
    const button = page.getByRole('button', { name, exact: true })
    await expect(async () => {
      if (!await menu.isVisible()) await button.click()
      await expect(menu).toBeVisible({ timeout: 1000 })
    }).toPass()
    await expect(menu).toHaveAttribute('aria-labelledby', await button.getAttribute('id') ?? '')
    await page.keyboard.press('Escape')
    await expect(menu).toBeHidden()
  }
})

test('who wants little motion sees diagrams whole', async ({ guest, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await guest.send('Show me what you can do')
  const picture = guest.reply().getByRole('img', { name: /^Diagram/ }).first()
  await expect(picture).toBeVisible({ timeout: 30_000 })
  const { left, box } = await picture.evaluate(async (node) => {
    const svg = new DOMParser().parseFromString(await (await fetch((node as HTMLImageElement).src)).text(), 'image/svg+xml').documentElement
    const places = [...svg.querySelectorAll('.node')].map(one => Number(/translate\(([-\d.]+)/.exec(one.getAttribute('transform') ?? '')?.[1]))
    return { left: Math.max(...places), box: svg.getAttribute('viewBox')?.split(' ').map(Number) ?? [] }
  })
  expect(left).toBeLessThan((box[0] ?? 0) + (box[2] ?? 0))
  expect(box[0]).toBeGreaterThanOrEqual(0)
})
