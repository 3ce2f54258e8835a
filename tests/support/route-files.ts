/** What answers HTTP, read from the folders Nitro reads: lists that a new file cannot escape. */
import { globSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** `server/api/media/[id]/index.delete.ts` → `delete /api/media/:id`; a file for every method is `all …`. */
function routeOf(file: string): string {
  const [, path = '', method] = /^server\/(?:routes\/)?(.*?)(?:\.(get|post|put|patch|delete))?\.ts$/.exec(file) ?? []
  return `${method ?? 'all'} /${path.replace(/\/index$/, '').replace(/\[\.\.\.\w+\]/g, '**').replace(/\[(\w+)\]/g, ':$1')}`
}

/** Every route there is a file of. */
export const routeFiles = (): string[] =>
  ['server/api', 'server/routes'].flatMap(folder => globSync('**/*.ts', { cwd: join(root, folder) }).map(file => routeOf(`${folder}/${file}`)))
