import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const globalSetup = ['tests/support/global-setup.ts'].filter(path => existsSync(path))

/** What runs on plain Node. Components, which need Nuxt, have vitest.components.config.ts; the browser has Playwright. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', environment: 'node', include: ['tests/unit/**/*.test.ts', 'tests/house/**/*.test.ts'] } },
      { test: { name: 'simulation', environment: 'node', include: ['tests/simulation/**/*.test.ts'], testTimeout: 120_000 } },
      {
        test: {
          name: 'integration',
          environment: 'node',
          include: ['tests/integration/**/*.test.ts'],
          globalSetup,
          pool: 'forks',
          // For two cores: half of the time tests wait for kills and restarts. More would make each other's deadlines harder.
          maxWorkers: 3,
          testTimeout: 90_000,
          // Kills and restarts of real processes, on a machine that may be busy with others: one more try there, none at a desk.
          retry: process.env.CI ? 1 : 0,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
