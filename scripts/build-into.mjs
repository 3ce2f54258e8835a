/** `node scripts/build-into.mjs <folder> [preset]`: the production build with all its working files under that folder. */
import { join } from 'node:path'
import { build, loadNuxt } from 'nuxt'
import { root } from './run-step.mjs'

const [folder, preset] = process.argv.slice(2)
if (!folder) throw new Error('Say which folder to build into.')
const output = join(folder, 'output')
const nuxt = await loadNuxt({
  cwd: root,
  ready: true,
  overrides: {
    dev: false,
    buildDir: join(folder, 'nuxt'),
    nitro: preset === 'vercel'
      ? { preset, output: { dir: output, serverDir: join(output, 'functions/__fallback.func'), publicDir: join(output, 'static') } }
      : { output: { dir: output, serverDir: join(output, 'server'), publicDir: join(output, 'public') } },
  },
})
await build(nuxt)
await nuxt.close()
process.exit(0)
