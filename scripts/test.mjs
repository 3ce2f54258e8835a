/**
 * `npm test`: everything, with nothing set up beforehand. Finds or installs a browser, runs the checks and the unit,
 * integration, component and browser tests (Postgres comes from a package), and ends with one line that sums up what
 * the runners themselves reported.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findOrInstallBrowser } from './find-browser.mjs'
import { root, runStep, sayStep } from './run-step.mjs'

const reports = join(root, '.cache', 'reports')
rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })
const reportOf = name => join(reports, `${name}.json`)
const vitestReport = name => ['--reporter=default', '--reporter=json', `--outputFile.json=${reportOf(name)}`]

/** Passed and failed tests of a runner, from its own report; null when it wrote none. */
function counted(name) {
  if (!existsSync(reportOf(name))) return null
  const report = JSON.parse(readFileSync(reportOf(name), 'utf8'))
  if (report.stats) return { passed: report.stats.expected + report.stats.flaky, failed: report.stats.unexpected, broken: report.errors.length }
  const broken = report.testResults.filter(file => file.status === 'failed' && file.assertionResults.length === 0).length
  return { passed: report.numPassedTests, failed: report.numFailedTests, broken }
}

const problems = []
const sum = { passed: 0, failed: 0 }

async function runner(name, command, args, env) {
  console.log(`\n— ${name} —`)
  const result = await runStep(command, args, { env })
  sayStep(name, result)
  const counts = counted(name)
  if (!counts || counts.passed + counts.failed === 0) problems.push(`${name}: no test ran`)
  else if (result.code !== 0) problems.push(counts.broken ? `${name}: ${counts.broken} could not be loaded` : name)
  sum.passed += counts?.passed ?? 0
  sum.failed += (counts?.failed ?? 0) + (counts?.broken ?? 0)
}

const started = performance.now()
let browser
try { browser = await findOrInstallBrowser() }
catch (error) { problems.push(error.message) }

await runner('check', 'node', ['scripts/check.mjs', '--report', reportOf('check')])
console.log('\n— production build for the tests —')
const build = await runStep('node', ['scripts/build-once.mjs'])
sayStep('build', build)
if (build.code !== 0) problems.push('build')
else await runner('integration', 'vitest', ['run', '--project', 'simulation', '--project', 'integration', ...vitestReport('integration')])
await runner('components', 'vitest', ['run', '--config', 'vitest.components.config.ts', ...vitestReport('components')])
if (browser && build.code === 0)
  await runner('browser', 'playwright', ['test', '--reporter=list,json'], { CHROMIUM_PATH: browser, PLAYWRIGHT_JSON_OUTPUT_NAME: reportOf('browser') })

console.log(`\n${((performance.now() - started) / 60_000).toFixed(1)} minutes.`)
for (const problem of problems) console.log(`Not green: ${problem}`)
process.exitCode = problems.length > 0 || sum.failed > 0 ? 1 : 0
console.log(`${sum.passed} passed, ${sum.failed} failed`)
