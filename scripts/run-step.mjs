/** Runs the project's own tools under the project's own Node, whatever Node the machine has. */
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules', '.bin')

/** The environment in which `node`, `vitest`, `nuxt`, … are the project's. */
export const toolEnvironment = extra => ({ ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, ...extra })

/**
 * Runs a command of `node_modules/.bin` to its end. Resolves with its exit code (1 when it was killed or not found), what it
 * said and seconds. `quiet` keeps its words to the caller; otherwise they go to the terminal as well.
 */
export function runStep(command, args, { env = {}, quiet = false } = {}) {
  const started = performance.now()
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: toolEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
    let said = ''
    const hear = terminal => (data) => {
      said += data
      if (!quiet) terminal.write(data)
    }
    child.stdout.on('data', hear(process.stdout))
    child.stderr.on('data', hear(process.stderr))
    const end = (code, why = '') => resolve({ code, said: said + why, seconds: (performance.now() - started) / 1000 })
    child.on('error', error => end(1, `${error.message}\n`))
    child.on('close', code => end(code ?? 1))
    // What it left behind may hold its pipes open for ever.
    child.on('exit', code => setTimeout(() => {
      child.stdout.destroy()
      child.stderr.destroy()
      end(code ?? 1)
    }, 2000).unref())
  })
}

/** One line about a step that ended. */
export const sayStep = (name, { code, seconds }) => console.log(`${code === 0 ? '✓' : '✗'} ${name} (${seconds.toFixed(1)} s)`)
