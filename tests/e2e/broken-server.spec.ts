/** A server that stands but cannot get at its data: what is told, with which status, and that it mends itself. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { violationsOf } from './axe.ts'
import { expect, test } from './fixtures.ts'

/** Takes a table away until it is given back. */
function takeAway(dataDir: string, table: string) {
  const rename = (from: string, to: string) => {
    const database = new Database(join(dataDir, 'parley.sqlite'))
    database.exec(`alter table "${from}" rename to "${to}"`)
    database.close()
  }
  rename(table, `${table}_away`)
  return { giveBack: () => rename(`${table}_away`, table) }
}

// What the browser says of such a status, and Nuxt of every error page.
test.afterEach(({ faults }) => { faults.splice(0, faults.length, ...faults.filter(fault => !/status of 50[03]|NUXT_E1005/.test(fault))) })

test('when it cannot be told who somebody is, they are not taken for a stranger', async ({ guest, page, server }) => {
  const { giveBack } = takeAway(server.dataDir, 'session')
  try {
    for (const path of ['/', '/settings', '/login']) {
      const answer = await page.goto(path)
      expect(answer?.status(), path).toBe(503)
      expect(new URL(page.url()).pathname).toBe(path)
      await expect(page.getByRole('heading', { name: 'Back in a moment.' })).toBeVisible()
      expect(await answer?.text()).not.toMatch(/SQLITE|no such table|node_modules|\.m?js:\d/)
    }
    expect(await violationsOf(page)).toEqual([])
    await page.goto('/')
  }
  finally { giveBack() }
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(guest.field).toBeVisible()
})

test('a conversation and a list that cannot be fetched now say so, and are there at the next try', async ({ guest, page, server }) => {
  await guest.send('tokens 3 at rate 100')
  await guest.untilReplied()
  const path = await guest.path()
  const { giveBack } = takeAway(server.dataDir, 'conversation')
  try {
    expect((await page.goto(path))?.status()).toBe(503)
    await expect(page.getByText('The conversation could not be fetched just now.')).toBeVisible()
    await expect(guest.list.getByText('Your conversations could not be fetched.')).toBeVisible()
    await expect(page).toHaveTitle('Not just now · Parley')
    expect(await violationsOf(page)).toEqual([])
  }
  finally { giveBack() }
  await page.getByRole('main').getByRole('button', { name: 'Try again' }).click()
  await expect(guest.messages).toHaveCount(2)
  await guest.list.getByRole('button', { name: 'Try again' }).click()
  await expect(guest.list.locator('a[href^="/c/"]')).toHaveCount(1)
})

test('an address that leads nowhere is no matter of who asks', async ({ page, guest, another }) => {
  const stranger = await another()
  for (const anybody of [page, stranger]) {
    const answer = await anybody.goto('/no/such/page')
    expect([answer?.status(), answer?.statusText()]).toEqual([404, 'Not Found'])
    await expect(anybody.getByRole('heading', { name: 'We looked everywhere, twice.' })).toBeVisible()
  }
  expect((await page.goto('/c/no-id'))?.status()).toBe(404)
  await page.getByRole('button', { name: 'Back to the beginning' }).click()
  await expect(guest.field).toBeVisible()
})
