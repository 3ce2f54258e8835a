/** What a browser page is asked about its speed. */
import type { Browser, CDPSession, Page } from '@playwright/test'
import type { Session } from '../tests/support/client.ts'

/** A mid-range phone's processor beside this one. */
export const slowdown = 4
const restMs = 1500

interface Seen { tasks: number[], inputs: number[], paint: number, shift: number }
type Watched = typeof globalThis & { seen: Seen }

/** Runs in the page before its scripts: notes long tasks, how long inputs took to be answered on the screen, the largest paint, and what moved. */
function watchSpeed() {
  const seen: Seen = { tasks: [], inputs: [], paint: 0, shift: 0 }
  Object.assign(globalThis, { seen })
  const watch = (type: string, take: (entry: PerformanceEntry & { value?: number, hadRecentInput?: boolean }) => void, more = {}) =>
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) take(entry) }).observe({ type, buffered: true, ...more })
  watch('longtask', entry => seen.tasks.push(entry.duration))
  watch('event', (entry) => { if (/^key|input|pointer|click/.test(entry.name)) seen.inputs.push(entry.duration) }, { durationThreshold: 16 })
  watch('largest-contentful-paint', (entry) => { seen.paint = entry.startTime })
  watch('layout-shift', (entry) => { if (!entry.hadRecentInput) seen.shift += entry.value ?? 0 })
}

export interface WatchedPage {
  page: Page
  cdp: CDPSession
  seen(): Promise<Seen>
  /** Until nothing is fetched and nothing long has run for a while: only then a page has wholly woken up. */
  atRest(): Promise<void>
  /** Forgets tasks and inputs so far. */
  forget(): Promise<void>
  /** Megabytes of script memory after a collection, and nodes of the document. */
  held(): Promise<{ megabytes: number, nodes: number }>
  slow(rate?: number): Promise<unknown>
  close(): Promise<void>
}

/** A page on a phone's screen, as this person, or as nobody. */
export async function openPage(browser: Browser, url: string, session: Session | null): Promise<WatchedPage> {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 412, height: 915 }, hasTouch: true, locale: 'en-GB' })
  const [name = '', value = ''] = session?.cookie.split(/=(.*)/s) ?? []
  if (name) await context.addCookies([{ name, value, url }])
  const page = await context.newPage()
  page.setDefaultTimeout(120_000)
  await page.addInitScript(watchSpeed)
  const cdp = await context.newCDPSession(page)
  await cdp.send('Performance.enable')
  const slow = (rate = slowdown) => cdp.send('Emulation.setCPUThrottlingRate', { rate })
  await slow()
  const seen = () => page.evaluate(() => (globalThis as Watched).seen)
  async function atRest() {
    await page.waitForLoadState('networkidle')
    for (let before = -1, now = 0; before !== now;) {
      before = now
      await new Promise(resolve => setTimeout(resolve, restMs))
      now = (await seen()).tasks.length
    }
  }
  return {
    page, cdp, slow, seen, atRest,
    forget: () => page.evaluate(() => Object.assign((globalThis as Watched).seen, { tasks: [], inputs: [] })).then(() => undefined),
    async held() {
      await cdp.send('HeapProfiler.collectGarbage')
      const { metrics } = await cdp.send('Performance.getMetrics')
      const of = (wanted: string) => metrics.find(metric => metric.name === wanted)?.value ?? 0
      return { megabytes: of('JSHeapUsedSize') / 1024 ** 2, nodes: of('Nodes') }
    },
    close: () => context.close(),
  }
}
