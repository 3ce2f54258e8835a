import type { BrowserContext, Page } from '@playwright/test'
import { newId } from '../../shared/ids.ts'
import { ConversationPage } from './pages/conversation.ts'
import { expect, test } from './fixtures.ts'

/** A network whose proxy lets no socket through: each ends before it opens. Counts the event streams that are asked for. */
async function blockSockets(page: Page): Promise<{ streams: string[] }> {
  await page.routeWebSocket(/\/ws$/, socket => socket.close({ code: 1006 }).catch(() => {}))
  await page.addInitScript(() => {
    class Blocked extends EventTarget {
      static readonly CONNECTING = 0
      static readonly OPEN = 1
      static readonly CLOSED = 3
      readonly readyState = 3
      onclose: (() => void) | null = null
      onerror: (() => void) | null = null
      constructor() {
        super()
        setTimeout(() => this.onclose?.(), 5)
      }
      send() {}
      close() {}
    }
    Object.assign(globalThis, { WebSocket: Blocked })
  })
  const streams: string[] = []
  page.on('request', (request) => { if (new URL(request.url()).pathname === '/api/live') streams.push(request.url()) })
  return { streams }
}

/** By another program of the same person, which has a line. */
async function deleteElsewhere(context: BrowserContext, conversationId: string | undefined) {
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  const url = new URL('/api/commands', context.pages()[0]?.url())
  const answer = await fetch(url, { method: 'POST', headers: { cookie, 'content-type': 'application/json' }, body: JSON.stringify({ type: 'conversation.delete', id: newId(), conversationId }) })
  expect(answer.status).toBe(200)
}

test('where sockets are blocked, everything goes over server-sent events', async ({ page, login, context }) => {
  const { streams } = await blockSockets(page)
  await login.open()
  await login.continueAsGuest()
  const conversation = new ConversationPage(page)
  await conversation.send('tokens 120 at rate 30')
  await expect.poll(async () => (await conversation.replyText()).length).toBeGreaterThan(40)
  const early = (await conversation.replyText()).length
  await expect.poll(async () => (await conversation.replyText()).length).toBeGreaterThan(early)
  await conversation.untilReplied()
  expect(streams.some(url => url.includes('conversation='))).toBe(true)

  // The line breaks in the middle of the next reply: it goes on from where it was.
  await conversation.send('tokens 200 at rate 30')
  await expect.poll(async () => (await conversation.replyText()).length).toBeGreaterThan(40)
  await context.setOffline(true)
  await expect(conversation.notice).toBeVisible()
  await context.setOffline(false)
  await expect(conversation.notice).toBeHidden({ timeout: 20_000 })
  await conversation.untilReplied()
  const whole = await conversation.replyText()
  await conversation.reload()
  await conversation.untilReplied()
  expect(await conversation.replyText()).toBe(whole)
})

test('a follow that is refused is told: the conversation was deleted while the line was down', async ({ page, login, context }) => {
  await blockSockets(page)
  await login.open()
  await login.continueAsGuest()
  const conversation = new ConversationPage(page)
  await conversation.send('tokens 3 at rate 100')
  await conversation.untilReplied()
  const conversationId = (await conversation.path()).split('/').at(-1)
  await context.setOffline(true)
  await expect(conversation.notice).toBeVisible()
  await deleteElsewhere(context, conversationId)
  await context.setOffline(false)
  await page.waitForURL(url => url.pathname === '/', { timeout: 20_000 })
  await expect(page.getByText('That conversation does not exist').first()).toBeVisible()
})
