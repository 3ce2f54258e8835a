import { expect, type Page } from '@playwright/test'
import axe, { type AxeResults } from 'axe-core'

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** What is wrong with a page as it stands, by WCAG 2.2 AA. */
export async function violationsOf(page: Page) {
  // Half faded in is not yet what anybody reads.
  await page.evaluate(() => Promise.all(document.getAnimations().map(animation => animation.effect?.getComputedTiming().endTime === Infinity ? null : animation.finished.catch(() => null))))
  // In the page itself, and told of what is wrong alone: @axe-core/playwright takes four times the processor to be ready for frames.
  expect(page.frames(), 'frames, which are not looked into').toHaveLength(1)
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults, string[]>(values => (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: { type: 'tag', values }, resultTypes: ['violations'] }), tags)
  return violations.map(({ id, nodes }) => ({ id, where: nodes.map(node => node.target.join(' ')).slice(0, 3) }))
}

/** The same in light and in dark colours, by one visit. It is left in dark ones. */
export async function violationsInBothThemes(page: Page) {
  const found = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    // A page that isn't Nuxt's follows by its style alone.
    await page.waitForFunction(scheme => !('useNuxtApp' in globalThis) || document.documentElement.classList.contains(scheme), colorScheme)
    found.push(...(await violationsOf(page)).map(violation => ({ colorScheme, ...violation })))
  }
  return found
}
