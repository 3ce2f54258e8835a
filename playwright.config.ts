import { defineConfig } from '@playwright/test'
import { findBrowser } from './scripts/find-browser.mjs'

/** A real browser on the built app; each worker has a server of its own, or a small fleet on PostgreSQL and an S3 (tests/e2e/fixtures.ts). */
export default defineConfig({
  testDir: 'tests/e2e',
  globalSetup: './tests/e2e/global-setup.ts',
  timeout: 90_000,
  expect: { timeout: 15_000 },
  fullyParallel: true,
  // One beside the two that work (projects): it waits.
  workers: 3,
  forbidOnly: Boolean(process.env.CI),
  // As in vitest.config.ts: a busy CI machine gets one more try, a desk none.
  retries: process.env.CI ? 1 : 0,
  reporter: 'list',
  outputDir: 'test-results',
  use: {
    browserName: 'chromium',
    // Keeping one of every test in case it fails takes a third of the processor.
    trace: 'on-first-retry',
    screenshot: 'only-on-failure',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    launchOptions: {
      executablePath: await findBrowser(),
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
        // A microphone and a camera that are always there and give a tone and a pattern.
        '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required',
      ],
    },
  },
  projects: [
    // Its page is open for a minute: from the very start, and without a place of those that work.
    { name: 'patient', testMatch: 'media-expiry.spec.ts', workers: 1 },
    // A server, a browser and the test share two cores: three at once took as long, and made each other late.
    { name: 'zero-setup', testIgnore: ['production.spec.ts', 'media-expiry.spec.ts'], workers: 2 },
    { name: 'production', testMatch: 'production.spec.ts', workers: 1 },
  ],
})
