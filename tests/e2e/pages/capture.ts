import { expect, type Locator, type Page } from '@playwright/test'

/** Opens the camera or the screen from the composer's menu, and waits for its picture. */
export async function captureFrom(page: Page, from: 'Camera' | 'Screen'): Promise<Locator> {
  const choose = page.getByRole('menuitem', { name: from })
  // The menu wakes up when the page is idle.
  await expect(async () => {
    if (!await choose.isVisible()) await page.getByRole('button', { name: 'Attach', exact: true }).click()
    await expect(choose).toBeVisible({ timeout: 1000 })
  }).toPass()
  await choose.click()
  const dialog = page.getByRole('dialog', { name: from })
  await expect.poll(() => dialog.locator('video').evaluate(node => (node as HTMLVideoElement).videoWidth)).toBeGreaterThan(0)
  return dialog
}
