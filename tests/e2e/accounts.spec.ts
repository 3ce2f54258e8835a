import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConversationPage } from './pages/conversation.ts'
import { LoginPage, hydrated } from './pages/login.ts'
import { blockLine, expect, test } from './fixtures.ts'
import { totp } from '../support/totp.ts'

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

test('signing out leaves nothing behind in the browser, also where its own way of clearing is not to be had', async ({ login, conversation, page }) => {
  const { username, password } = someone()
  // As over plain http in a local network, where browsers don't heed it.
  await page.route('**/api/auth/sign-out', async (route) => {
    const response = await route.fetch()
    const { 'clear-site-data': _, ...headers } = response.headers()
    await route.fulfill({ response, headers })
  })
  await login.signUp(username, password)
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill('a secret that was not sent')
  const kept = () => page.evaluate(async () => {
    const databases = (await indexedDB.databases()).flatMap(({ name }) => name?.startsWith('parley') ? [name] : [])
    const rows = await Promise.all(databases.map(name => new Promise<number>((resolve) => {
      const opening = indexedDB.open(name)
      opening.onsuccess = () => {
        const [store] = [...opening.result.objectStoreNames]
        if (!store) return resolve(0)
        const counting = opening.result.transaction(store).objectStore(store).count()
        counting.onsuccess = () => { opening.result.close(); resolve(counting.result) }
      }
    })))
    return { local: Object.keys(localStorage).filter(key => key.startsWith('parley')), rows: rows.reduce((sum, count) => sum + count, 0) }
  })
  await expect.poll(async () => (await kept()).local.length).toBeGreaterThan(0)
  await conversation.untilAtRest()
  await page.context().setOffline(true)
  await page.getByRole('textbox', { name: 'Message', exact: true }).press('Enter')
  await expect.poll(async () => (await kept()).rows).toBeGreaterThan(0)
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill('and another')
  await page.context().setOffline(false)
  await accountMenu(page).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL(/\/login/)
  expect(await kept()).toEqual({ local: [], rows: 0 })
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

test('what a guest has not sent yet, and was still writing, goes along into the account', async ({ guest, page, context }) => {
  const { username, password } = someone()
  await guest.send('tokens 3 at rate 100')
  await guest.untilReplied()
  const path = await guest.path()
  const line = await blockLine(context)
  await guest.reload()
  await guest.send('tokens 5 at rate 100')
  await expect(page.getByText('Kept here, not sent yet.')).toBeVisible()
  await guest.field.fill('half a thought')
  await page.getByRole('link', { name: 'Keep this by signing up' }).click()
  await page.waitForURL(/\/login/)
  await new LoginPage(page).fill(username, password)
  await page.getByRole('button', { name: 'Sign up', exact: true }).click()
  await page.waitForURL(url => url.pathname !== '/login')
  await guest.open(path)
  await expect(guest.field).toHaveValue('half a thought')
  await expect(page.getByText('Kept here, not sent yet.')).toBeVisible()
  line.open()
  await expect(guest.messages).toHaveCount(4, { timeout: 30_000 })
  await guest.untilReplied()
  await expect(guest.reply()).toContainText('t0 t1 t2 t3 t4')
  await guest.reload()
  await expect(guest.messages).toHaveCount(4)
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

test('a second factor is set up, asked for when signing in, and taken away again; by keyboard', async ({ login, page, another }) => {
  const { username, password } = someone()
  await login.signUp(username, password)
  await page.goto('/settings')
  await hydrated(page)
  const setUp = page.getByRole('button', { name: 'Set up a second factor…' })
  await setUp.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Your password')).toBeFocused()
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('img', { name: 'The secret as a QR code' })).toBeVisible()
  const secret = await page.getByRole('dialog').locator('code').textContent() ?? ''
  const code = page.getByLabel('Code', { exact: true })
  await expect(code).toBeFocused()
  await page.keyboard.type('12')
  await page.keyboard.press('Enter')
  await expect(page.getByText('Six digits, as the app shows them.')).toBeVisible()
  await code.fill('000000')
  await page.keyboard.press('Enter')
  await expect(page.getByText('That code is not right')).toBeVisible()
  await code.fill(totp(secret, -1))
  await page.keyboard.press('Enter')
  const codes = page.getByRole('list', { name: 'Backup codes' }).getByRole('listitem')
  await expect(codes).toHaveCount(10)
  const first = await codes.first().textContent() ?? ''
  const saving = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save as a file' }).press('Enter')
  const saved = await saving
  expect(saved.suggestedFilename()).toBe('parley-backup-codes.txt')
  expect(readFileSync(await saved.path(), 'utf8')).toBe(`${(await codes.allTextContents()).join('\n')}\n`)
  await page.getByRole('button', { name: 'I have kept them' }).press('Enter')
  await expect(page.getByText('10 backup codes are left.')).toBeVisible()

  const elsewhere = await another()
  const second = new LoginPage(elsewhere)
  await second.signIn(username, password)
  await expect(elsewhere.getByLabel('Code', { exact: true })).toBeFocused()
  await elsewhere.keyboard.type('111111')
  await elsewhere.keyboard.press('Enter')
  await expect(elsewhere.getByText('That code is not right')).toBeVisible()
  await elsewhere.getByLabel('Code', { exact: true }).fill(first)
  await elsewhere.keyboard.press('Enter')
  await elsewhere.waitForURL(url => url.pathname === '/')

  await page.getByRole('button', { name: 'Turn it off…' }).click()
  await page.getByLabel('Your password').fill(password)
  await page.keyboard.press('Enter')
  await expect(setUp).toBeVisible()
})

test('a changed password leaves this browser signed in, and ends the others at once', async ({ login, page, another }) => {
  const { username, password } = someone()
  await login.signUp(username, password)
  const elsewhere = await another()
  const second = new LoginPage(elsewhere)
  await second.signIn(username, password)
  await elsewhere.waitForURL(url => url.pathname === '/')
  await page.goto('/settings')
  await hydrated(page)
  await page.getByLabel('Present password').fill(password)
  await page.getByLabel('New password').fill(`${password}-new`)
  await page.keyboard.press('Enter')
  await expect(page.getByText('Your password was changed.').first()).toBeVisible()
  await elsewhere.waitForURL(/\/login/)
  await page.reload()
  await expect(page.getByLabel('Present password')).toBeVisible()
})
