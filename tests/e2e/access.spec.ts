import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'

const violationsOf = async (page: Page) => {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
  return violations.map(({ id, nodes }) => ({ id, where: nodes.map(node => node.target.join(' ')).slice(0, 3) }))
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme })

    test('no page has an accessibility fault', async ({ page, login, conversation }) => {
      await login.open('?mode=sign-up')
      expect(await violationsOf(page), 'sign up').toEqual([])
      await login.open()
      expect(await violationsOf(page), 'sign in').toEqual([])
      await login.continueAsGuest()
      expect(await violationsOf(page), 'empty').toEqual([])
      for (const path of ['/settings', '/help/models', '/no/such/page', '/c/01900000-0000-7000-8000-000000000000']) {
        await conversation.open(path)
        expect(await violationsOf(page), path).toEqual([])
      }
    })

    test('no conversation has one, nor what opens over it', async ({ page, guest }) => {
      await guest.send('Show me what you can do at rate 0')
      await guest.untilReplied(45_000)
      await expect(guest.reply().getByRole('img', { name: /^Diagram/ })).toBeVisible()
      expect(await violationsOf(page), 'a conversation').toEqual([])
      await page.keyboard.press('Control+k')
      await expect(page.getByRole('dialog', { name: 'Search' })).toBeVisible()
      expect(await violationsOf(page), 'the palette').toEqual([])
      await page.keyboard.press('Escape')
      await guest.send('fail')
      await expect(guest.reply().getByRole('button', { name: 'Try again' })).toBeVisible()
      await expect(page.getByRole('dialog')).toHaveCount(0)
      expect(await violationsOf(page), 'a failed reply').toEqual([])
    })
  })
}

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

for (const width of [320, 360]) {
  test.describe(`${width} px wide`, () => {
    test.use({ viewport: { width, height: 640 }, hasTouch: true })

    test('nothing sticks out, and a conversation can be had', async ({ page, login, conversation }) => {
      const sticksOut = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      await login.open()
      expect(await sticksOut()).toBeLessThanOrEqual(0)
      await login.continueAsGuest()
      expect(await sticksOut()).toBeLessThanOrEqual(0)
      await conversation.send('Show me what you can do at rate 0')
      await conversation.untilReplied(45_000)
      expect(await sticksOut()).toBeLessThanOrEqual(0)
      await conversation.open('/settings')
      expect(await sticksOut()).toBeLessThanOrEqual(0)
    })
  })
}
