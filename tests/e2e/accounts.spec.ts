import { randomBytes } from 'node:crypto'
import { ConversationPage } from './pages/conversation.ts'
import { LoginPage } from './pages/login.ts'
import { expect, test } from './fixtures.ts'

const someone = () => ({ username: `ada-${randomBytes(4).toString('hex')}`, password: randomBytes(9).toString('base64url') })
const accountMenu = (page: import('@playwright/test').Page) => page.getByRole('button', { name: /, your account$/ })

test('sign up, sign out, sign in: the conversation is still there', async ({ login, conversation, page }) => {
  const { username, password } = someone()
  await login.signUp(username, password)
  await conversation.send('tokens 3 at rate 100')
  await conversation.untilReplied()
  const path = await conversation.path()
  await accountMenu(page).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL(/\/login/)
  await conversation.open(path)
  await page.waitForURL(/\/login/)
  await login.fill(username, password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  // The way in leads on to where one wanted to go.
  await page.waitForURL(url => url.pathname === path)
  await expect(conversation.question()).toContainText('tokens 3')
})

test('a wrong password is refused in words, without saying which was wrong', async ({ login, page }) => {
  await login.signIn('nobody-here', 'not the password')
  await expect(page.getByRole('alert')).toBeVisible()
})

test('a guest becomes a user and keeps everything', async ({ guest, page, another }) => {
  const { username, password } = someone()
  await guest.send('tokens 4 at rate 100')
  await guest.untilReplied()
  const path = await guest.path()
  await page.getByRole('link', { name: 'Keep this by signing up' }).click()
  await page.waitForURL(/\/login/)
  const login = new LoginPage(page)
  await login.fill(username, password)
  await page.getByRole('button', { name: 'Sign up', exact: true }).click()
  await page.waitForURL(url => url.pathname !== '/login')
  const elsewhere = await another()
  const second = new LoginPage(elsewhere)
  await second.signIn(username, password)
  await elsewhere.waitForURL(url => url.pathname !== '/login')
  const conversation = new ConversationPage(elsewhere)
  await conversation.open(path)
  await expect(conversation.question()).toContainText('tokens 4')
})

test('deleting a conversation removes it, after a moment in which it can be undone', async ({ guest, page }) => {
  await guest.send('tokens 3 at rate 100')
  await guest.untilReplied()
  const path = await guest.path()
  const remove = async () => {
    await guest.list.getByRole('listitem').first().hover()
    await guest.list.getByRole('button', { name: /^What to do with/ }).first().click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await expect(guest.list.getByRole('listitem')).toHaveCount(0)
  }
  await remove()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(guest.list.getByRole('listitem')).toHaveCount(1)
  await remove()
  await expect.poll(async () => (await page.request.get(`/api${path.replace('/c/', '/conversations/')}`)).status(), { timeout: 20_000 }).toBe(404)
  const gone = await page.goto(path)
  expect(gone?.status()).toBe(404)
})

test('another person sees nothing of it', async ({ guest, another }) => {
  await guest.send('tokens 3 at rate 100')
  await guest.untilReplied()
  const path = await guest.path()
  const page = await another()
  await new LoginPage(page).open()
  await new LoginPage(page).continueAsGuest()
  const response = await page.goto(path)
  expect(response?.status()).toBe(404)
  await expect(page.getByRole('heading', { name: 'Nothing here' })).toBeVisible()
})
