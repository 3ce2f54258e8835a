/** Promise 8 in the page: the place in line, live; a retry with its reason and its countdown, and what can be done meanwhile. */
import { llmSettings } from '../support/live-settings.ts'
import { startScriptedLlm, type Script } from '../support/scripted-llm.ts'
import { startServer } from '../support/server.ts'
import { violationsOf } from './axe.ts'
import { test as base, expect } from './fixtures.ts'
import { ConversationPage } from './pages/conversation.ts'
import { LoginPage } from './pages/login.ts'

// One reply at a time for each of two models.
const test = base.extend<object, { server: Awaited<ReturnType<typeof startServer>> }>({
  server: [async ({}, use) => {
    const llm = await startScriptedLlm()
    const server = await startServer({ env: { ...llmSettings(llm), OPENAI_MODELS: 'fake,other', MODEL_CONCURRENCY: '1' } })
    await use(server)
    await server.close()
    await llm.close()
  }, { scope: 'worker', timeout: 120_000 }],
})

const say = (script: Script) => JSON.stringify(script)

test('the place in line is shown, and moves on by itself', async ({ guest, another }) => {
  await guest.send(say({ tokens: 5000, perSecond: 30, name: 'the first' }))
  await guest.untilWritten(20)
  const others: ConversationPage[] = []
  for (const name of ['the second', 'the third']) {
    const page = await another()
    const login = new LoginPage(page)
    await login.open()
    await login.continueAsGuest()
    const conversation = new ConversationPage(page)
    await conversation.send(say({ tokens: 5000, perSecond: 30, name }))
    others.push(conversation)
    await expect(conversation.reply()).toContainText(others.length === 1 ? 'Next in line' : 'Second in line')
  }
  const [second, third] = others as [ConversationPage, ConversationPage]
  await guest.stopButton.click()
  await second.untilWritten(20)
  await expect(third.reply()).toContainText('Next in line')
  // Who waits may go away, too.
  await third.reply().getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(third.reply()).toContainText('Stopped before anything was written.')
  await second.stopButton.click()
})

test('a busy provider: the page says why and counts down, and another model may be taken meanwhile', async ({ guest, page }) => {
  await guest.send(say({ tokens: 10, status: 429, times: 1, retryAfter: 60, name: 'busy for a minute' }))
  const countdown = guest.reply().getByText(/busy.*Trying again in \d+ s\./)
  await expect(countdown).toBeVisible()
  const seconds = async () => Number(/in (\d+) s/.exec(await countdown.innerText())?.[1])
  const first = await seconds()
  expect(first).toBeGreaterThan(40)
  await expect.poll(seconds).toBeLessThan(first)
  await guest.reply().getByRole('button', { name: 'Use another model' }).click()
  await expect(page.getByRole('menu')).toBeVisible()
  expect(await violationsOf(page)).toEqual([])
  await page.getByRole('menuitem', { name: 'other' }).click()
  await guest.untilReplied()
  await expect.poll(() => guest.replyText()).toContain('9:')
})

test('stop works while the next try is waited for, also after a reload', async ({ guest }) => {
  await guest.send(say({ tokens: 10, status: 500, retryAfter: 60, name: 'broken for a minute' }))
  await expect(guest.reply()).toContainText(/Trying again in \d+ s\./)
  await guest.path()
  await guest.reload()
  await expect(guest.reply()).toContainText(/Trying again in \d+ s\./)
  await guest.reply().getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(guest.reply()).toContainText('Stopped before anything was written.')
})
