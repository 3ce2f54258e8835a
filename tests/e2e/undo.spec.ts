import type { Page } from '@playwright/test'
import { note } from './files.ts'
import { ConversationPage } from './pages/conversation.ts'
import { expect, test } from './fixtures.ts'

const choose = async (page: Page, item: string) => {
  await page.getByRole('button', { name: 'What to do with this conversation' }).click()
  await page.getByRole('menuitem', { name: item }).click()
}
const undo = (page: Page) => page.getByRole('button', { name: 'Undo' })

test('a conversation that was archived or deleted while it was open comes back, and so does the reader', async ({ guest, page }) => {
  await guest.send('tokens 3 at rate 100')
  await guest.untilReplied()
  const path = await guest.path()
  for (const item of ['Archive', 'Delete']) {
    await choose(page, item)
    await page.waitForURL(url => url.pathname === '/')
    await expect(guest.list.getByRole('listitem')).toHaveCount(0)
    await undo(page).click()
    await page.waitForURL(url => url.pathname === path)
    await expect(guest.messages).toHaveCount(2)
    await expect(guest.list.getByRole('listitem')).toHaveCount(1)
    await expect(undo(page)).toHaveCount(0)
  }
  // Leaving the page at once deletes it at once; the next one knows, whatever was first at the server.
  await choose(page, 'Delete')
  await page.waitForURL(url => url.pathname === '/')
  await guest.open('/settings')
  await expect(guest.list.getByRole('listitem')).toHaveCount(0)
})

test('a stored file that was deleted comes back; one that was not is gone when the page is left', async ({ guest, page }) => {
  await guest.attach(note())
  await guest.send('What did I send?')
  await guest.untilReplied(45_000)
  await guest.open('/settings')
  const remove = page.getByRole('button', { name: 'Delete notes.txt' })
  await remove.click()
  await expect(remove).toHaveCount(0)
  await undo(page).click()
  await expect(remove).toBeVisible()
  await remove.click()
  await expect(remove).toHaveCount(0)
  await page.reload()
  await expect(page.getByText(/^Nothing yet\./)).toBeVisible()
})

test('what the server refuses stays, with why; it can be sent again, and comes back when it was discarded by mistake', async ({ page, login, context }) => {
  let refusing = true
  await context.routeWebSocket(/\/ws$/, (socket) => {
    const server = socket.connectToServer()
    socket.onMessage((frame) => {
      const command = JSON.parse(String(frame)) as { type: string, id: string }
      if (refusing && command.type === 'message.send') socket.send(JSON.stringify({ type: 'command.refused', id: command.id, error: { code: 'invalid_input', message: 'The test refuses this.' } }))
      else server.send(frame)
    })
  })
  await login.open()
  await login.continueAsGuest()
  const conversation = new ConversationPage(page)
  await conversation.send('tokens 3 at rate 100')
  const refusal = page.getByRole('alert').filter({ hasText: 'The test refuses this.' })
  await expect(refusal).toBeVisible()
  await refusal.getByRole('button', { name: 'Try again' }).click()
  await expect(refusal).toBeVisible()
  await refusal.getByRole('button', { name: 'Discard' }).click()
  await page.waitForURL(url => url.pathname === '/')
  refusing = false
  await undo(page).click()
  await conversation.untilReplied()
  await expect(conversation.question()).toContainText('tokens 3')
})
