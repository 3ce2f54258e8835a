import { expect, type Page } from '@playwright/test'

export class LoginPage {
  readonly page: Page
  constructor(page: Page) { this.page = page }

  async open(query = '') {
    await this.page.goto(`/login${query}`)
    await hydrated(this.page)
  }

  async continueAsGuest() {
    await this.page.getByRole('button', { name: 'Continue as guest' }).click()
    await expect(this.page.getByRole('textbox', { name: 'Message', exact: true })).toBeVisible()
  }

  async fill(username: string, password: string) {
    await this.page.getByLabel('Username').fill(username)
    await this.page.getByLabel('Password').fill(password)
  }

  async signUp(username: string, password: string) {
    await this.open('?mode=sign-up')
    await this.fill(username, password)
    await this.page.getByRole('button', { name: 'Sign up', exact: true }).click()
    await this.page.waitForURL(url => url.pathname !== '/login')
  }

  async signIn(username: string, password: string) {
    await this.open()
    await this.fill(username, password)
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click()
  }
}

/** Until the page's scripts run, a click does nothing. */
export async function hydrated(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const nuxt = (globalThis as { useNuxtApp?: () => { isHydrating?: boolean } }).useNuxtApp
    return nuxt !== undefined && nuxt().isHydrating !== true
  })
}
