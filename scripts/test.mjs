/**
 * `npm test`: everything, with nothing set up beforehand. Finds or installs a browser, runs the checks and the unit,
 * integration, component and browser tests (Postgres comes from a package), and ends with one line that sums up what
 * the runners themselves reported.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findOrInstallBrowser } from './find-browser.mjs'
import { root, runStep, sayStep } from './run-step.mjs'
import { makeTestFolder } from './test-folder.mjs'

const reports = join(root, '.cache', 'reports')
rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })
const reportOf = name => join(reports, `${name}.json`)
const vitestReport = name => ['--reporter=default', '--reporter=json', `--outputFile.json=${reportOf(name)}`]

/** Passed and failed tests of a runner, from its own report, files that could not be loaded (`broken`) among the failed. */
function counted(name) {
  if (!existsSync(reportOf(name))) return { passed: 0, failed: 0, broken: 0 }
  const report = JSON.parse(readFileSync(reportOf(name), 'utf8'))
  if (report.stats) return { passed: report.stats.expected + report.stats.flaky, failed: report.stats.unexpected + report.errors.length, broken: report.errors.length }
  const broken = report.testResults.filter(file => file.status === 'failed' && file.assertionResults.length === 0).length
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken, broken }
}

const problems = []
const sum = { passed: 0, failed: 0 }
/** Where a log is cut to its end, the reason of a red run is still in it: a runner's last lines, where it names what failed. */
const lastWords = []
const mostLastWords = 6000

/** Why a runner is not green, or null. */
function problemOf(counts, code) {
  if (counts.passed + counts.failed === 0) return 'no test ran'
  if (code === 0) return null
  if (counts.broken) return `${counts.broken} could not be loaded`
  return counts.failed ? 'tests failed' : 'an error outside its tests'
}

/** `quiet`: runs beside others, so that what it says is shown in one piece at its end. */
async function runner(name, command, args, { env, quiet = false } = {}) {
  if (!quiet) console.log(`\n— ${name} —`)
  const result = await runStep(command, args, { env, quiet })
  if (quiet) console.log(`\n— ${name} —\n${result.said}`)
  sayStep(name, result)
  const counts = counted(name)
  const problem = problemOf(counts, result.code)
  if (problem) {
    problems.push(`${name}: ${problem}`)
    lastWords.push(`\n— the end of ${name}, which was not green —\n${result.said.slice(-mostLastWords)}`)
  }
  sum.passed += counts.passed
  sum.failed += counts.failed
}

const started = performance.now()
let browser
try { browser = await findOrInstallBrowser() }
catch (error) { problems.push(error.message) }
// Not before: apt-get's own user could not write there.
process.env.TMPDIR = makeTestFolder()
// A hundred servers and as many test processes compile the same scripts.
process.env.NODE_COMPILE_CACHE = join(process.env.TMPDIR, 'compiled')

async function buildForTests(name, ...preset) {
  const build = await runStep('node', ['scripts/build-once.mjs', ...preset], { quiet: true })
  console.log(`\n— ${name} for the tests —\n${build.said}`)
  sayStep(name, build)
  if (build.code !== 0) problems.push(name)
  return build.code === 0
}

// What needs the processor alone runs side by side; what has deadlines, after it and one after the other.
const [built] = await Promise.all([
  buildForTests('production build').then(async (done) => {
    if (done) await buildForTests('Vercel build', 'vercel')
    await runner('components', 'vitest', ['run', '--config', 'vitest.components.config.ts', ...vitestReport('components')], { quiet: true })
    return done
  }),
  runner('check', 'node', ['scripts/check.mjs', '--report', reportOf('check')], { quiet: true }),
])
if (built) {
  await runner('integration', 'vitest', ['run', '--project', 'simulation', '--project', 'integration', ...vitestReport('integration')])
  if (browser) await runner('browser', 'playwright', ['test', '--reporter=list,json'], { env: { CHROMIUM_PATH: browser, PLAYWRIGHT_JSON_OUTPUT_NAME: reportOf('browser') } })
}

for (const words of lastWords) console.log(words)
console.log(`\n${((performance.now() - started) / 60_000).toFixed(1)} minutes.`)
for (const problem of problems) console.log(`Not green: ${problem}`)
process.exitCode = problems.length > 0 || sum.failed > 0 ? 1 : 0
console.log(`${sum.passed} passed, ${sum.failed} failed`)
