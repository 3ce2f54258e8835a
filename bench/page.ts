/**
 * How quick the page is, in a real browser with its processor slowed down four times, on the production build in
 * zero-setup mode: `npm run bench -- --only=page`. Beside each figure stands what EXPERIENCE and DESIGN ask for.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from '@playwright/test'
import { openSqlite } from '../db/open.sqlite.ts'
import { findOrInstallBrowser } from '../scripts/find-browser.mjs'
import { signInAsGuest, type Session } from '../tests/support/client.ts'
import { migrations } from '../tests/support/postgres.ts'
import { startServer, type TestServer } from '../tests/support/server.ts'
import { openFakeLlm } from './fake-llm.ts'
import { percentile } from './measure.ts'
import { fillConversation, fillList, markdownOf } from './page-fill.ts'
import { openPage, slowdown, type WatchedPage } from './page-watch.ts'
import { processorSeconds } from './processes.ts'
import { report } from './report.ts'

const messages = 10_000
const conversations = 2_000
const perSecond = 100
const text = markdownOf(20_000)
const tokens = text.match(/[\s\S]{1,5}/g) ?? []

const figures: { what: string, figure: string, wanted: string }[] = []
const note = (what: string, figure: string, wanted = '') => {
  figures.push({ what, figure, wanted })
  console.log(`${what}: ${figure}${wanted && ` (wanted: ${wanted})`}`)
}
const ms = (value: number) => `${Math.round(value)} ms`
const longest = (tasks: number[]) => Math.max(0, ...tasks)

interface Filled { dataDir: string, guest: Session, long: { id: string, messageIds: string[] }, big: { id: string } }

async function fill(env: Record<string, string>): Promise<Filled> {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-page-'))
  const server = await startServer({ dataDir, env })
  const guest = await signInAsGuest(server.url)
  await server.close()
  const database = openSqlite(join(dataDir, 'parley.sqlite'), migrations.sqlite)
  await fillList(database, guest.user.id, conversations)
  const long = await fillConversation(database, guest.user.id, messages, 'A long talk')
  const big = await fillConversation(database, guest.user.id, 2, 'A big message', () => text)
  await database.close()
  return { dataDir, guest, long, big }
}

/** What the server takes to answer, alone: by the clock, and of its processor. */
async function measureServer(server: TestServer, { guest, long }: Filled) {
  const paths = {
    'the empty page': '/', 'a conversation of 10,000 messages': `/c/${long.id}`, 'its end as data': `/api/conversations/${long.id}`,
    'fifty messages before': `/api/conversations/${long.id}/messages?before=${long.messageIds.at(-50)}`,
    'its beginning': `/api/conversations/${long.id}/messages?around=${long.messageIds[0]}`, 'the list': '/api/conversations?limit=50',
  }
  for (const [what, path] of Object.entries(paths)) {
    const get = async () => (await (await fetch(server.url + path, { headers: { cookie: guest.cookie } })).text()).length
    for (let i = 0; i < 10; i++) await get()
    const times: number[] = []
    let size = 0
    const before = processorSeconds([server.pid])
    for (let i = 0; i < 30; i++) {
      const start = performance.now()
      size = await get()
      times.push(performance.now() - start)
    }
    const spent = (processorSeconds([server.pid]) - before) / 30 * 1000
    note(`server: ${what}`, `${ms(percentile(times, 0.5))}, processor ${ms(spent)}, ${Math.round(size / 1024)} kB`, '≤ 50 ms')
  }
}

async function measureLoads(browser: Browser, server: TestServer, { guest, long, big }: Filled) {
  for (const [what, path, session] of [['signing in', '/login', null], ['the empty page', '/', guest], ['a conversation of 10,000 messages', `/c/${long.id}`, guest], ['a message of 20 kB', `/c/${big.id}`, guest]] as const) {
    const watched = await openPage(browser, server.url, session)
    await watched.page.goto(path)
    await watched.atRest()
    const { paint, tasks, shift } = await watched.seen()
    note(`first load of ${what}`, `largest paint ${ms(paint)}, longest task ${ms(longest(tasks))}, shift ${shift.toFixed(3)}`, '< 2,000 ms, < 100 ms')
    await watched.close()
  }
}

/** Clicks the conversation in the list; resolves with the time until its last message stands there. */
async function openFromList({ page, seen, atRest, forget }: WatchedPage, name: string, wanted: string) {
  await page.getByRole('button', { name: 'Show the list of conversations' }).click()
  const link = page.getByRole('dialog').getByRole('link', { name, exact: true })
  await link.waitFor()
  await atRest()
  await forget()
  const took = await link.evaluate((element: HTMLElement, title) => new Promise<number>((resolve) => {
    const start = performance.now()
    element.click()
    const look = () => {
      const shown = document.title.startsWith(title) && document.querySelector('[data-message-id]:last-child .markdown')
      requestAnimationFrame(shown ? () => setTimeout(() => resolve(performance.now() - start)) : look)
    }
    look()
  }), name)
  await atRest()
  note(`opening “${name}” from the list`, `${ms(took)}, longest task ${ms(longest((await seen()).tasks))}`, wanted)
}

async function measureStream({ page, seen, forget }: WatchedPage, where: string) {
  await page.getByRole('textbox', { name: 'Message', exact: true }).click()
  await page.keyboard.type('go on')
  await forget()
  await page.keyboard.press('Enter')
  const start = performance.now()
  const stop = page.getByRole('button', { name: 'Stop the reply' })
  await stop.waitFor()
  while (performance.now() - start < tokens.length / perSecond * 1000 - 3000) {
    await page.keyboard.type('x')
    await new Promise(resolve => setTimeout(resolve, 120))
  }
  const { tasks, inputs } = await seen()
  note(`typing while 20 kB stream at ${perSecond} tokens a second, ${where}`, `answered after ${ms(percentile(inputs, 0.5))} / ${ms(percentile(inputs, 0.98))} / ${ms(longest(inputs))} (p50 / p98 / most), longest task ${ms(longest(tasks))}, ${tasks.filter(task => task > 100).length} tasks over 100 ms`, '≤ 200 ms, 0')
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill('')
  await stop.waitFor({ state: 'detached' })
}

/** Reads all of a long conversation from its end to its beginning. */
async function scrollThrough(page: Page) {
  await page.evaluate(() => new Promise<void>((resolve) => {
    const scroller = document.querySelector('.conversation')
    const step = () => {
      if (!scroller || document.body.textContent.includes('Question 1:')) return resolve()
      scroller.scrollTop -= 4000
      setTimeout(step, 16)
    }
    step()
  }))
}

async function measurePage(browser: Browser, server: TestServer, { guest }: Filled) {
  const watched = await openPage(browser, server.url, guest)
  const { page } = watched
  await page.goto('/')
  await page.waitForLoadState('networkidle')
  await openFromList(watched, 'A big message', 'no task > 100 ms')
  await openFromList(watched, 'A long talk', '< 1,000 ms')
  const opened = await watched.held()
  await measureStream(watched, 'in a conversation of 10,000 messages')
  await watched.slow(1)
  const start = performance.now()
  await scrollThrough(page)
  const { megabytes, nodes } = await watched.held()
  note('10,000 messages scrolled through', `in ${((performance.now() - start) / 1000).toFixed(0)} s; memory ${opened.megabytes.toFixed(0)} → ${megabytes.toFixed(0)} MB, nodes ${opened.nodes} → ${nodes}`)
  await watched.slow()
  await page.getByRole('button', { name: 'Jump to latest' }).click()
  await measureStream(watched, 'after scrolling through all')
  await watched.close()
}

const llm = await openFakeLlm({ tokens: tokens.length, perSecond, token: index => tokens[index] ?? '' })
const env = { OPENAI_BASE_URL: llm.url, OPENAI_API_KEY: 'bench', OPENAI_API: 'chat', ALLOW_GUESTS: 'true', LOG_LEVEL: 'warn', OUTBOUND_ALLOW_PRIVATE: 'true' }
const filled = await fill(env)
const server = await startServer({ dataDir: filled.dataDir, env })
const browser = await chromium.launch({ executablePath: await findOrInstallBrowser(), args: ['--no-sandbox', '--disable-gpu'] })
try {
  await measureServer(server, filled)
  await measureLoads(browser, server, filled)
  await measurePage(browser, server, filled)
  const table = ['| | figure | wanted |', '|---|---|---|', ...figures.map(({ what, figure, wanted }) => `| ${what} | ${figure} | ${wanted} |`)].join('\n')
  report('page', `Zero-setup mode, a screen of 412 × 915, the browser's processor slowed down ${slowdown} times by its own emulation; browser and server share the machine.\n\n${table}`, figures)
}
finally {
  await browser.close()
  await server.close()
  await llm.close()
  rmSync(filled.dataDir, { recursive: true, force: true })
}
