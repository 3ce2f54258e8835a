/** `node scripts/build-into.mjs <folder> <working files> [preset]`: the production build into that folder. */
import { join } from 'node:path'
import { build, loadNuxt } from 'nuxt'
import { root } from './run-step.mjs'

const [output, buildDir, preset] = process.argv.slice(2)
if (!output || !buildDir) throw new Error('Say which folder to build into, and where to work.')
const nuxt = await loadNuxt({
  cwd: root,
  ready: true,
  overrides: {
    dev: false,
    buildDir,
    // The page's part is built once for both presets. What tests leave behind is none of its sources.
    experimental: { buildCache: true },
    ignore: ['tests/**', 'bench/**'],
    nitro: preset === 'vercel'
      ? { preset, output: { dir: output, serverDir: join(output, 'functions/__fallback.func'), publicDir: join(output, 'static') } }
      : { output: { dir: output, serverDir: join(output, 'server'), publicDir: join(output, 'public') } },
  },
})
await build(nuxt)
await nuxt.close()
process.exit(0)
