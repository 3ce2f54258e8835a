/**
 * `node scripts/build-once.mjs [vercel]`: a production build for tests and bench, made once for each state of the sources and kept in `.cache/build-<hash>`.
 * Prints its folder. The developer's own `.output` and `.nuxt` stay as they are.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { root, runStep } from './run-step.mjs'

const sources = ['app.vue', 'error.vue', 'nuxt.config.ts', 'package-lock.json', 'patches', 'pages', 'components', 'composables', 'layouts', 'middleware', 'plugins', 'utils', 'assets', 'public', 'server', 'shared', 'db', 'scripts/build-into.mjs']
const cache = join(root, '.cache')
const lockLimitMs = 10 * 60_000

function* filesOf(path) {
  if (!existsSync(path)) return
  if (!statSync(path).isDirectory()) return yield path
  for (const name of readdirSync(path).sort()) yield* filesOf(join(path, name))
}

function hashOfSources() {
  const hash = createHash('sha256')
  for (const source of sources)
    for (const file of filesOf(join(root, source))) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0')
  return hash.digest('hex').slice(0, 16)
}

/** Builds under a lock: several test processes may ask at once. A lock whose owner is dead, or too old, is taken over. */
async function withLock(file, work) {
  for (;;) {
    try { writeFileSync(file, String(process.pid), { flag: 'wx' }); break }
    catch {
      const owner = Number(existsSync(file) && readFileSync(file, 'utf8'))
      if (!owner || !isAlive(owner) || Date.now() - statSync(file).mtimeMs > lockLimitMs) rmSync(file, { force: true })
      else await wait(500)
    }
  }
  try { return await work() }
  finally { rmSync(file, { force: true }) }
}

function isAlive(pid) {
  try { process.kill(pid, 0); return true }
  catch { return false }
}

function dropOlderBuilds(kind, keep) {
  const builds = readdirSync(cache).filter(name => name.startsWith(`${kind}-`) && /-[0-9a-f]{16}$/.test(name) && name !== keep)
    .sort((a, b) => statSync(join(cache, b)).mtimeMs - statSync(join(cache, a)).mtimeMs)
  for (const name of builds.slice(2)) rmSync(join(cache, name), { recursive: true, force: true })
}

/**
 * Folder of the build (its server is `server/index.mjs`, with the preset `vercel` its function `functions/__fallback.func`);
 * `TEST_BUILD` and `TEST_BUILD_VERCEL` name one that is there already.
 * @param {'vercel'} [preset]
 * @throws Error with the builder's own words.
 */
export async function buildOnce(preset) {
  const given = preset ? process.env.TEST_BUILD_VERCEL : process.env.TEST_BUILD
  if (given) return given
  mkdirSync(cache, { recursive: true })
  const name = `${preset ?? 'build'}-${hashOfSources()}`
  const folder = join(cache, name)
  if (existsSync(folder)) return folder
  await withLock(join(cache, 'build.lock'), async () => {
    if (existsSync(folder)) return
    const making = `${folder}.making`
    // The same for each preset: what Nuxt keeps of the page's part for the next one names it.
    const working = join(cache, 'nuxt')
    const built = await runStep('node', [join(root, 'scripts', 'build-into.mjs'), making, working, ...preset ? [preset] : []], { quiet: true, env: { NODE_ENV: 'production' } })
    rmSync(working, { recursive: true, force: true })
    if (built.code !== 0) throw new Error(`The production build failed:\n${built.said}`)
    renameSync(making, folder)
    dropOlderBuilds(preset ?? 'build', name)
  })
  return folder
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try { console.log(await buildOnce(process.argv[2])) }
  catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
