import { expect, type Locator, type Page } from '@playwright/test'
import { hydrated } from './login.ts'

/** A conversation, or the beginning of one, by what a person sees and a screen reader says. */
export class ConversationPage {
  readonly page: Page
  readonly field: Locator
  readonly sendButton: Locator
  readonly stopButton: Locator
  /** All messages, oldest first. */
  readonly messages: Locator
  readonly notice: Locator
  readonly list: Locator

  constructor(page: Page) {
    this.page = page
    this.field = page.getByRole('textbox', { name: 'Message', exact: true })
    this.sendButton = page.getByRole('button', { name: 'Send', exact: true })
    this.stopButton = page.getByRole('button', { name: 'Stop the reply' })
    this.messages = page.getByRole('log', { name: 'Conversation' }).getByRole('article')
    this.notice = page.getByRole('status').filter({ hasText: /^(You are offline|The server can’t be reached)/ })
    this.list = page.getByRole('navigation', { name: 'Conversations' })
  }

  async open(path: string) {
    await this.page.goto(path)
    await hydrated(this.page)
  }

  async reload() {
    await this.page.reload()
    await hydrated(this.page)
  }

  async send(text: string) {
    await this.field.fill(text)
    await this.sendButton.click()
  }

  /** The newest reply. */
  reply(): Locator { return this.messages.and(this.page.locator('[data-role="assistant"]')).last() }
  /** The newest message of the person. */
  question(): Locator { return this.messages.and(this.page.locator('[data-role="user"]')).last() }

  /** Waits until the newest reply has ended: its actions are there. */
  async untilReplied(timeout = 30_000) {
    await expect(this.reply().getByRole('group', { name: 'Actions for this reply' })).toBeAttached({ timeout })
  }

  /** What is written in the newest reply so far, without its state and its buttons; however it is broken into lines. */
  async replyText(): Promise<string> { return (await this.reply().locator('.markdown').allInnerTexts()).join(' ').replace(/\s+/g, ' ').trim() }

  /** Waits until more than so many letters of the newest reply are there. */
  async untilWritten(letters = 0) { await expect.poll(async () => (await this.replyText()).length).toBeGreaterThan(letters) }

  /** Waits until nothing more is fetched. A slow machine takes longer between two parts than a network that counts as idle. */
  async untilAtRest() {
    let before = -1
    await expect.poll(async () => before === (before = await this.page.evaluate(() => performance.getEntriesByType('resource').length)), { intervals: [3000] }).toBe(true)
  }

  /** Path of the conversation, once it has one, and its page has taken the place of the first one: the address is there a moment before. */
  async path(): Promise<string> {
    await this.page.waitForURL(/\/c\/[0-9a-f-]{36}/)
    await expect(this.page.getByRole('button', { name: 'What to do with this conversation' })).toBeAttached()
    return new URL(this.page.url()).pathname
  }

  /** Files by their bytes; a large one by its path, for a browser takes its time to be handed forty million bytes. */
  async attach(...files: { name: string, mimeType: string, buffer: Buffer }[] | [path: string]) {
    const choose = this.page.getByRole('menuitem', { name: 'Choose files' })
    // The menu wakes up when the page is idle.
    await expect(async () => {
      if (!await choose.isVisible()) await this.page.getByRole('button', { name: 'Attach', exact: true }).click()
      await expect(choose).toBeVisible({ timeout: 1000 })
    }).toPass()
    const choosing = this.page.waitForEvent('filechooser')
    await choose.click()
    await (await choosing).setFiles(files as string[])
  }

  attachment(name: string): Locator {
    return this.page.getByRole('list', { name: 'Attachments' }).getByRole('listitem').filter({ hasText: name })
  }
}
