/**
 * Puts the program that opens files (server/media-processing/child.ts) beside the built server, with the packages that
 * only it uses. The media engine travels along when it is installed; its files are linked, not copied, where that works.
 */
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { root } from './run-step.mjs'

/** Large, and the product works without. */
const optional = ['@mediabunny/server', '@napi-rs/canvas', 'libheif-js']
const own = ['sharp', 'mediabunny', ...optional]

function linkTree(from, to) {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) linkTree(source, target)
    else if (!existsSync(target)) {
      try { linkSync(source, target) }
      catch { copyFileSync(source, target) }
    }
  }
}

/** The packages and all they need, as far as they are installed. Optional ones count only when they carry binaries. */
function closure(names, found = new Set()) {
  for (const name of names) {
    const folder = join(root, 'node_modules', name)
    if (found.has(name) || !existsSync(folder)) continue
    found.add(name)
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    closure([...Object.keys(dependencies), ...Object.keys(optionalDependencies).filter(one => /^@(seydx|img|napi-rs)\//.test(one))], found)
  }
  return found
}

/**
 * @param {string} serverDir `.output/server` of the build.
 * @param {{ engine?: boolean }} options `engine: false` leaves the optional packages out.
 */
export async function bundleMediaChild(serverDir, { engine = true } = {}) {
  await build({
    entryPoints: [join(root, 'server/media-processing/child.ts')], outfile: join(serverDir, 'media-child.mjs'), external: [...own, 'libheif-js/*'],
    bundle: true, platform: 'node', format: 'esm', target: 'node24', logLevel: 'error',
    banner: { js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);' },
  })
  for (const name of closure(own.filter(name => engine || !optional.includes(name)))) {
    const target = join(serverDir, 'node_modules', name)
    mkdirSync(dirname(target), { recursive: true })
    linkTree(join(root, 'node_modules', name), target)
  }
}
