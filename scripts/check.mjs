/**
 * `npm run check`: lint with the rooms' walls, types, unused code, unit tests. The same here, in a hook and in CI.
 * `--report <file>` also writes the unit tests' JSON report there.
 */
import { runStep, sayStep } from './run-step.mjs'

const reportAt = process.argv.indexOf('--report')
const report = reportAt > 0 ? process.argv[reportAt + 1] : undefined

async function step(name, command, args) {
  const result = await runStep(command, args, { quiet: true })
  sayStep(name, result)
  if (result.code !== 0) console.log(result.said)
  return result.code
}

const unit = ['run', '--project', 'unit', '--reporter=default', ...report ? ['--reporter=json', `--outputFile.json=${report}`] : []]
const codes = await Promise.all([
  step('types', 'nuxt', ['typecheck']),
  step('lint', 'eslint', ['.', '--max-warnings=0'])
    .then(async code => code + await step('unused code', 'knip', []) + await step('unused code in production', 'knip', ['--production', '--include', 'files,dependencies'])),
])
codes.push((await runStep('vitest', unit).then((result) => { sayStep('unit tests', result); return result })).code)
process.exitCode = codes.some(code => code !== 0) ? 1 : 0
