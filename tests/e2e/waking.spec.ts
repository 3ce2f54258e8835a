/** A page on a slow device takes over piece by piece what the server drew (HydrateInTurn); whoever is quick doesn't wait for it. */
import type { Page } from '@playwright/test'
import { newId } from '../../shared/ids.ts'
import { messageSend, openSocket, signInAsGuest, untilEnded } from '../support/client.ts'
import { carrySession, expect, test as base } from './fixtures.ts'
import { hydrated } from './pages/login.ts'

const turns = 15

/** Path of a conversation with many messages: it takes a while to wake up. */
const test = base.extend<{ path: string }>({
  path: async ({ context, server }, use) => {
    const session = await signInAsGuest(server.url)
    await carrySession(context, session)
    const socket = await openSocket(session)
    const conversationId = newId()
    const messages = Array.from({ length: turns }, () => messageSend('tokens 200 at rate 0', { conversationId }))
    for (const message of messages) await socket.change(message)
    await Promise.all(messages.map(({ replyId }) => untilEnded(session, conversationId, replyId)))
    socket.close()
    await use(`/c/${conversationId}`)
  },
})

/** With a sixth of the processor, and without waiting for more than the first bytes. The answer gives all of it back. */
async function openSlowly(page: Page, path: string) {
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: 6 })
  await page.goto(path, { waitUntil: 'commit' })
  return () => session.send('Emulation.setCPUThrottlingRate', { rate: 1 })
}

test('what is typed while it wakes up stays as it was typed', async ({ page, conversation, path }) => {
  const hurry = await openSlowly(page, path)
  await conversation.field.focus()
  let awake = false
  const waking = hydrated(page).then(() => { awake = true })
  let typed = ''
  for (let wasAwake = false; !wasAwake;) {
    wasAwake = awake
    await page.keyboard.type('word ')
    typed += 'word '
  }
  await waking
  await hurry()
  await expect(conversation.field).toHaveValue(typed)
  await expect(conversation.field).toBeFocused()
  // The page knows of it, too.
  await conversation.sendButton.click()
  await expect(conversation.question()).toContainText(typed.trim())
})

test('what is typed while it wakes up stands below what was kept from before', async ({ page, conversation, path }) => {
  await page.goto(path)
  await hydrated(page)
  await conversation.field.fill('kept')
  const hurry = await openSlowly(page, path)
  await conversation.field.focus()
  await page.keyboard.type('typed')
  await hydrated(page)
  await hurry()
  await expect(conversation.field).toHaveValue('kept\ntyped')
})

test('what is sent before all of it is awake is sent once, and stands in its place', async ({ page, conversation, path }) => {
  const hurry = await openSlowly(page, path)
  await conversation.field.focus()
  await page.keyboard.type('tokens 3 at rate 100 ')
  // Until the composer is awake, Enter breaks the line.
  await expect(async () => {
    await page.keyboard.press('Enter')
    await expect(conversation.field).toHaveValue('', { timeout: 1 })
  }).toPass({ intervals: [0] })
  await hurry()
  await expect(conversation.messages).toHaveCount(2 * turns + 2)
  await expect(conversation.question()).toContainText('tokens 3 at rate 100')
  await expect(conversation.reply()).toContainText('t0 t1 t2')
  await conversation.untilReplied()
  await conversation.reply().getByRole('button', { name: 'Write again' }).click()
  await expect(conversation.reply().getByRole('img', { name: 'Version 2 of 2' })).toBeVisible()
})
