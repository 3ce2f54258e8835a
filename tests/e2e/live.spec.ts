import { ConversationPage } from './pages/conversation.ts'
import { blockLine, expect, test } from './fixtures.ts'

test('a reload in the middle of a reply: it goes on, and is whole', async ({ guest }) => {
  await guest.send('tokens 150 at rate 40')
  await guest.untilWritten(40)
  await guest.reload()
  await expect(guest.messages).toHaveCount(2)
  await guest.untilReplied()
  const whole = await guest.replyText()
  await guest.reload()
  await guest.untilReplied()
  expect(await guest.replyText()).toBe(whole)
})

test('a second browser of the same person sees the reply grow, stops it, and both have the same text', async ({ guest, another, context }) => {
  await guest.send('tokens 5000 at rate 30')
  const path = await guest.path()
  const page = await another()
  await page.context().addCookies(await context.cookies())
  const second = new ConversationPage(page)
  await second.open(path)
  await second.untilWritten(40)
  await second.untilWritten((await second.replyText()).length)
  await expect(page.getByText('Also open on another device')).toBeVisible()
  await second.stopButton.click()
  for (const one of [guest, second]) await expect(one.reply()).toContainText('Stopped here.')
  expect(await second.replyText()).toBe(await guest.replyText())
})

test('stop ends the reply, keeps what was written, and says so', async ({ guest }) => {
  await guest.send('slow')
  await guest.untilWritten(20)
  await guest.stopButton.click()
  await expect(guest.reply()).toContainText('Stopped here.')
  await expect(guest.sendButton).toBeVisible()
  const kept = await guest.replyText()
  await guest.reload()
  await expect(guest.reply()).toContainText('Stopped here.')
  expect(await guest.replyText()).toBe(kept)
})

test('edit and regenerate make versions, and the arrows switch between them', async ({ guest, page }) => {
  await guest.send('tokens 5 at rate 100')
  await guest.untilReplied()
  await guest.reply().getByRole('button', { name: 'Write again', exact: true }).click()
  await expect(guest.reply().getByRole('img', { name: 'Version 2 of 2' })).toBeVisible()
  await guest.untilReplied()
  await guest.question().getByRole('button', { name: 'Edit' }).click()
  await page.getByRole('textbox', { name: 'Your message' }).fill('tokens 7 at rate 100')
  await guest.question().getByRole('button', { name: 'Send' }).click()
  await expect(guest.question()).toContainText('tokens 7')
  await guest.untilReplied()
  await expect(guest.question().getByRole('img', { name: 'Version 2 of 2' })).toBeVisible()
  await guest.question().getByRole('button', { name: 'Earlier version' }).click()
  await expect(guest.question()).toContainText('tokens 5')
  await expect(guest.reply().getByRole('img', { name: 'Version 2 of 2' })).toBeVisible()
})

test('a failed reply says why, and can be tried again', async ({ guest }) => {
  await guest.send('fail')
  await expect(guest.reply().getByRole('button', { name: 'Try again' })).toBeVisible({ timeout: 20_000 })
  await guest.reply().getByRole('button', { name: 'Try again' }).click()
  await expect(guest.messages).toHaveCount(2)
})

test('what is sent offline is kept over a reload, and delivered once and in order', async ({ guest, page, context }) => {
  await guest.send('tokens 3 at rate 100')
  await guest.untilReplied()
  await context.setOffline(true)
  await guest.send('first while offline')
  await guest.send('second while offline')
  await expect(page.getByText('Kept here, not sent yet.')).toHaveCount(2)
  await expect(guest.notice).toContainText('You are offline.')
  // The page itself comes again, but no line for what is written.
  const line = await blockLine(context)
  await context.setOffline(false)
  await guest.reload()
  await expect(page.getByText('Kept here, not sent yet.')).toHaveCount(2)
  await guest.send('third after a reload')
  await expect(page.getByText('Kept here, not sent yet.')).toHaveCount(3)
  await expect(guest.notice).toContainText('The server can’t be reached just now.')
  line.open()
  const questions = guest.page.locator('article[data-role="user"]')
  const expectInOrder = async () => {
    await expect(questions).toHaveText([/tokens 3/, /first while offline/, /second while offline/, /third after a reload/])
    await expect(guest.messages).toHaveCount(8)
  }
  await expect(page.getByText('Kept here, not sent yet.')).toHaveCount(0, { timeout: 30_000 })
  await expectInOrder()
  await guest.untilReplied()
  await guest.reload()
  await expectInOrder()
})

test('news waits until the page stands: what the server has drawn does not change under its scripts', async ({ guest, page }) => {
  await guest.send('tokens 3 at rate 100')
  await guest.untilReplied()
  let letGo = () => {}
  const held = new Promise<void>((resolve) => { letGo = resolve })
  let isHeld = () => {}
  const holding = new Promise<void>((resolve) => { isHeld = resolve })
  // The messages' own script comes late.
  await page.route('**/_nuxt/*.js', async (route) => {
    const response = await route.fetch()
    const body = await response.text()
    const headers = response.headers()
    if (body.includes('data-message-id')) {
      isHeld()
      await held
    }
    await route.fulfill({ headers, body })
  })
  const sockets: string[] = []
  page.on('websocket', socket => sockets.push(socket.url()))
  await page.reload({ waitUntil: 'commit' })
  await holding
  await page.waitForFunction(() => (globalThis as { useNuxtApp?: () => { isHydrating?: boolean } }).useNuxtApp?.().isHydrating)
  expect(sockets).toEqual([])
  letGo()
  await expect.poll(() => sockets.length).toBe(1)
  await page.unrouteAll({ behavior: 'ignoreErrors' })
})
