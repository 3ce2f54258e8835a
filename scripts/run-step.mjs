/** Runs the project's own tools under the project's own Node, whatever Node the machine has. */
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules', '.bin')

/** The environment in which `node`, `vitest`, `nuxt`, … are the project's. */
export const toolEnvironment = extra => ({ ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, ...extra })

/**
 * Runs a command of `node_modules/.bin` to its end. Resolves with its exit code (1 when it was killed or not found) and seconds.
 * `quiet` keeps what it says until the end and returns it; otherwise it goes straight to the terminal.
 */
export function runStep(command, args, { env = {}, quiet = false } = {}) {
  const started = performance.now()
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: toolEnvironment(env), stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' })
    let said = ''
    child.stdout?.on('data', data => said += data)
    child.stderr?.on('data', data => said += data)
    const end = (code, why = '') => resolve({ code, said: said + why, seconds: (performance.now() - started) / 1000 })
    child.on('error', error => end(1, `${error.message}\n`))
    child.on('close', code => end(code ?? 1))
  })
}

/** One line about a step that ended. */
export const sayStep = (name, { code, seconds }) => console.log(`${code === 0 ? '✓' : '✗'} ${name} (${seconds.toFixed(1)} s)`)
