import { defineVitestConfig } from '@nuxt/test-utils/config'

/** Components in Nuxt's own environment, with its auto-imports and a DOM. */
export default defineVitestConfig({
  test: {
    name: 'components',
    environment: 'nuxt',
    environmentOptions: { nuxt: { domEnvironment: 'happy-dom' } },
    include: ['tests/components/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
})
