/** Messages far from the end of a long conversation: searched, jumped to, read on from, left. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fillConversation } from '../../bench/page-fill.ts'
import { openSqlite } from '../../db/open.sqlite.ts'
import { signInAsGuest, type Session } from '../support/client.ts'
import { migrations } from '../support/postgres.ts'
import { startServer } from '../support/server.ts'
import { carrySession, expect, test as base } from './fixtures.ts'

const answer = (at: number) => `Answer number ${at + 1} about the ${at === 700 ? 'peregrine' : 'harbour'}.`

/** A server of its own with a guest who has a conversation of ten thousand messages. */
const test = base.extend<object, { filled: { session: Session, id: string, messageIds: string[] } }>({
  filled: [async ({}, use) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'parley-far-'))
    const first = await startServer({ dataDir })
    const session = await signInAsGuest(first.url)
    await first.close()
    const database = openSqlite(join(dataDir, 'parley.sqlite'), migrations.sqlite)
    const long = await fillConversation(database, session.user.id, 10_000, 'A long talk', answer)
    await database.close()
    const server = await startServer({ dataDir })
    await use({ ...long, session: session.at(server.url) })
    await server.close()
    rmSync(dataDir, { recursive: true })
  }, { scope: 'worker', timeout: 120_000 }],
  server: [async ({ filled }, use) => { await use({ url: filled.session.url, port: Number(new URL(filled.session.url).port) } as Awaited<ReturnType<typeof startServer>>) }, { scope: 'worker' }],
})
test.beforeEach(async ({ context, filled: { session } }) => { await carrySession(context, session) })

test('a search leads to a message far back, marked, from where one reads on and gets back to the end', async ({ page, conversation, filled: long }) => {
  await conversation.open(`/c/${long.id}`)
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByPlaceholder('Search everything').fill('pérégrine')
  const result = page.getByRole('option').filter({ hasText: 'Answer number 701' })
  await expect(result.locator('mark')).toHaveText('peregrine')
  await result.click()
  const message = page.locator(`[data-message-id="${long.messageIds[1401]}"]`)
  await expect(message).toBeInViewport()
  await expect(message).toHaveClass(/is-marked/)
  // Read on, down and up, by less than the window shows: nothing may be passed over.
  const scroller = page.getByRole('region', { name: 'Messages' })
  await scroller.hover()
  await expect(async () => {
    await page.mouse.wheel(0, 500)
    await expect(page.locator(`[data-message-id="${long.messageIds[1451]}"]`)).toBeInViewport({ timeout: 100 })
  }).toPass({ intervals: [0] })
  await expect(async () => {
    await page.mouse.wheel(0, -500)
    await expect(page.locator(`[data-message-id="${long.messageIds[1351]}"]`)).toBeInViewport({ timeout: 100 })
  }).toPass({ intervals: [0] })
  expect(await page.getByRole('article').count()).toBeLessThanOrEqual(120)
  await page.getByRole('button', { name: 'Jump to latest' }).click()
  await expect(page.locator(`[data-message-id="${long.messageIds.at(-1)}"]`)).toBeInViewport()
  await expect(page.getByRole('button', { name: 'Jump to latest' })).toBeHidden()
})

test('a link to a message on another branch shows that branch', async ({ page, conversation, filled: long }) => {
  const asked = long.messageIds[3000] ?? ''
  await conversation.open(`/c/${long.id}#m-${asked}`)
  const message = page.locator(`[data-message-id="${asked}"]`)
  await expect(message).toBeInViewport()
  await message.getByRole('button', { name: 'Edit' }).click()
  await message.getByRole('textbox').fill('What else is there?')
  await message.getByRole('button', { name: 'Send' }).click()
  await expect(page.getByText('What else is there?')).toBeInViewport()
  await conversation.untilReplied()
  await conversation.open('/')
  await conversation.open(`/c/${long.id}#m-${long.messageIds[3101]}`)
  await expect(page.locator(`[data-message-id="${long.messageIds[3101]}"]`)).toBeInViewport()
})
