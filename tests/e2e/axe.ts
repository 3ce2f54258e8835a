import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'

/** What is wrong with a page as it stands, by WCAG 2.2 AA. */
export async function violationsOf(page: Page) {
  // Half faded in is not yet what anybody reads.
  await page.evaluate(() => Promise.all(document.getAnimations().map(animation => animation.effect?.getComputedTiming().endTime === Infinity ? null : animation.finished.catch(() => null))))
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
  return violations.map(({ id, nodes }) => ({ id, where: nodes.map(node => node.target.join(' ')).slice(0, 3) }))
}
