import { expect, test } from './fixtures.ts'
import { hydrated } from './pages/login.ts'

test('menus that could not be fetched are there once the server is, without a reload', async ({ guest, page, context, faults }) => {
  await guest.send('tokens 3 at rate 100')
  await guest.untilReplied()
  const path = await guest.path()
  const html = await (await page.request.get(path)).text()
  const tags = html.match(/<link[^>]+rel="modulepreload"[^>]*>|<script[^>]+src=[^>]*>/g) ?? []
  const first = new Set(tags.map(tag => /(?:href|src)="([^"]+)"/.exec(tag)?.[1]))
  // The page and its first scripts come through, those of its later parts don't, until the server is back.
  let away = true
  let refused = 0
  await context.route(/\/_nuxt\/.*\.js$/, (route) => {
    if (!away || first.has(new URL(route.request().url()).pathname)) return route.continue()
    refused++
    return route.abort('connectionrefused')
  })
  await page.goto(path)
  await hydrated(page)
  // Menus, players, actions: all have asked, in vain.
  await page.waitForLoadState('networkidle')
  expect(refused).toBeGreaterThan(5)
  // What is there can be read and used.
  await expect(guest.reply()).toContainText('t0 t1 t2')
  await guest.field.fill('Written while parts were missing')
  await expect(page.getByRole('group', { name: 'Actions for this reply' })).toHaveCount(0)
  away = false
  await context.setOffline(true)
  await context.setOffline(false)
  await expect(page.getByRole('group', { name: 'Actions for this reply' })).toBeVisible({ timeout: 20_000 })
  await expect(guest.field).toHaveValue('Written while parts were missing')
  await page.getByRole('button', { name: 'Attach', exact: true }).click()
  await expect(page.getByRole('menuitem', { name: 'Choose files' })).toBeVisible()
  // What was held away was missed, and said so.
  faults.splice(0, Infinity, ...faults.filter(fault => !/dynamically imported module|^script: $/.test(fault)))
})

test('what a page at rest may show needs no line: search, shortcuts, menus, an editor', async ({ guest, page, context }) => {
  await guest.send('tokens 3 at rate 100')
  await guest.untilReplied()
  await guest.untilAtRest()
  await context.setOffline(true)
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog', { name: 'Search' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await guest.question().getByRole('button', { name: 'Edit' }).click()
  await expect(page.getByRole('textbox', { name: 'Your message' })).toBeFocused()
  await page.keyboard.press('Escape')
  await page.getByRole('heading', { level: 1 }).click()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  await context.setOffline(false)
})
