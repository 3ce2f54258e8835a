import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Nitro, NitroConfig } from 'nitropack/types'
import type { Nuxt } from 'nuxt/schema'
import { bundledMigrations } from './db/bundle-migrations.ts'
import { bundleMediaChild } from './scripts/bundle-media-child.mjs'

/** Files in a module, so that they travel with the build; as base64, since Nitro replaces words such as `typeof window` within plain text. */
const bundledFiles = (paths: string[]) => `export const files = ${JSON.stringify(Object.fromEntries(paths.map(path => [basename(path), readFileSync(path, 'base64')])))}`
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/**
 * Packages of many small files. As part of the bundle they need not be looked for one by one, which was most of the time of a
 * start. Not the AI SDK: its chunk would wait for the one that waits for it (server/models/openai-provider.ts).
 */
const bundled = /(^|\/node_modules\/)(@better-auth|@iconify\/utils|@noble|@tokenizer|better-auth|better-call|drizzle-orm|file-type|jose|kysely|strtok3|uuid)(\/|$)/

/** What a build gets beside Nitro's own output. */
function finishBuild(nitro: Nitro): void {
  if (!nitro.options.dev) (nitro.options.externals.inline ??= []).push(bundled)
  const vercel = nitro.options.preset === 'vercel'
  if (vercel) nitro.options.entry = here('./server/vercel-entry.ts')
  // Its edge compresses by itself.
  if (vercel) nitro.options.compressPublicAssets = false
  // A function has no room for the media engine: there it opens what needs none.
  nitro.hooks.hook('compiled', () => bundleMediaChild(nitro.options.output.serverDir, { engine: !vercel }))
}

// Apart and typed, because the type Nuxt has for it here lacks most of Nitro's settings (two versions of @nuxt/schema meet in the tree).
const nitro: NitroConfig = {
  experimental: { websocket: true },
  // nitropack bundles crossws 0.3.5, whose copy of `ws` can be made to hold memory without end (docs/security.md).
  alias: { 'crossws/adapters/node': here('./node_modules/crossws/dist/adapters/node.mjs') },
  // Ours takes out what isn't for people, then Nuxt's draws the page.
  errorHandler: [here('./server/error-handler.ts'), here('./node_modules/@nuxt/nitro-server/dist/runtime/handlers/error.mjs')],
  // Its default is of 2019, which has no `await` at a module's top.
  esbuild: { options: { target: 'es2022' } },
  // A list of sizes of which gzip takes longer than it is worth.
  logging: { compressedSizes: false },
  // Once, at the build: a plain `npm start` has no proxy before it that would. Brotli is an eighth less, and taken over https only.
  compressPublicAssets: { gzip: true, brotli: true },
  // A module, since a hook named here would take the place of the preset's own.
  modules: [finishBuild],
  vercel: {
    functions: { maxDuration: Number(process.env.CRON_BUDGET_SECONDS || 55) + 5 },
    config: { version: 3, crons: [{ path: '/api/jobs/drain', schedule: process.env.CRON_SCHEDULE || '* * * * *' }] },
  },
  virtual: {
    '#db-migrations': () => bundledMigrations(here('./db/migrations')),
    '#swagger-ui': () => bundledFiles(['swagger-ui-bundle.js', 'swagger-ui.css'].map(name => here(`./node_modules/swagger-ui-dist/${name}`))),
  },
}

/**
 * Nuxt takes `onServerPrefetch` out of the browser's scripts. But Vue numbers its ids (`useId`) by who calls it: without it, what
 * the server drew has other ids than what the browser makes of it, and a menu names a button that isn't there.
 */
function countAlike(_: unknown, nuxt: Nuxt) {
  const { client } = nuxt.options.optimization.treeShake.composables
  client.vue = client.vue?.filter(name => name !== 'onServerPrefetch') ?? []
}

/**
 * A socket that a browser drops while `npm run dev` opens it (a quick reload is enough) rejects a promise of Nuxt's command
 * line that nobody awaits, which then starts everything anew: the page was without a server for ten seconds.
 */
function droppedSocketsHarmNobody(_: unknown, nuxt: Nuxt) {
  nuxt.hook('listen', () => {
    const server = nuxt.server as { upgrade(...request: [unknown, Socket, unknown]): Promise<void> | undefined }
    const upgrade = server.upgrade.bind(server)
    server.upgrade = (...request) => Promise.resolve(upgrade(...request)).catch(() => { request[1].destroy() })
  })
}

export default defineNuxtConfig({
  srcDir: '.',
  compatibilityDate: '2026-11-01',
  telemetry: false,
  // Stacks in the log name the bundle's lines either way: Node reads maps only when told to, and then at each start.
  $production: { sourcemap: { server: false } },
  modules: ['@nuxt/ui', '@vueuse/nuxt', '@nuxt/eslint', countAlike, droppedSocketsHarmNobody],
  css: ['~/assets/main.css'],
  devtools: { enabled: false },
  devServer: { host: '127.0.0.1' },
  // Nothing may be fetched from elsewhere, at build or in the page: fonts and icons are bundled.
  ui: { fonts: false },
  icon: { provider: 'server', fallbackToApi: false, serverBundle: { collections: ['lucide'] }, clientBundle: { scan: true } },
  experimental: {
    // Known holes of islands in this Nuxt (docs/security.md); we don't use them.
    componentIslands: false,
  },
  // Nuxt leaves this folder out of the page's server bundle and refers to it by a path that leads nowhere once the bundle
  // lies in node_modules/.cache. Ours is imported by path on both sides, so it names one that doesn't exist.
  dir: { shared: 'shared/none' },
  imports: { dirs: ['composables'] },
  components: [{ path: '~/components', pathPrefix: false }],
  vite: {
    // A thread of its own fetches what it needs bit by bit.
    worker: { format: 'es' },
    // Found late otherwise, at the first answer of a fresh `npm run dev`: the page would reload under the reader.
    optimizeDeps: { include: ['@vueuse/core', 'uuid', 'unstorage/drivers/indexedb', 'idb-keyval', 'stream-markdown-parser', 'mermaid', 'katex', 'uqr', 'shiki/core', 'shiki/engine/javascript', '@shikijs/langs-precompiled > oniguruma-to-es', 'shiki/themes/github-dark-default.mjs', 'shiki/themes/github-light-high-contrast.mjs'], exclude: ['@shikijs/langs-precompiled'] },
    plugins: [{
      name: 'parley:browsers-without-zod',
      enforce: 'pre',
      applyToEnvironment: environment => environment.name === 'client',
      resolveId: id => id === 'zod' ? here('./utils/without-zod.ts') : undefined,
    }],
  },
  nitro: nitro as object,
  typescript: {
    strict: true,
    tsConfig: { exclude: ['../db', '../tests', '../bench', '../scripts', '../server'], compilerOptions: { noUncheckedIndexedAccess: true } },
  },
})
