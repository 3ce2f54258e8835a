/** `npm start`: runs the build in production form, with the settings of `.env` where there is one. */
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { root } from './run-step.mjs'

// Vue's server renderer and others look at it while they are loaded.
process.env.NODE_ENV ||= 'production'
const settings = join(root, '.env')
if (existsSync(settings)) process.loadEnvFile(settings)

const server = join(root, '.output', 'server', 'index.mjs')
if (existsSync(server)) await import(pathToFileURL(server).href)
else {
  console.error('There is no build yet: `npm run build` makes it.')
  process.exitCode = 1
}
