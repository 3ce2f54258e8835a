// npm run db:generate [-- name]      writes the next migration of both dialects from db/tables.ts
// npm run db:generate -- --custom x  an empty one in both dialects, for SQL that drizzle-kit doesn't know (full-text search)
// npm run db:generate -- --check     fails when db/tables.ts has changes that no migration holds
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const migrations = join(root, 'db/migrations')
const dialects = ['sqlite', 'postgres']
const words = process.argv.slice(2)
const name = words.find(word => !word.startsWith('--')) ?? 'change'

const generate = (dialect, out, options) => execFileSync(
  process.execPath, [join(root, 'node_modules/drizzle-kit/bin.cjs'), 'generate', '--config', 'drizzle.config.ts', ...options],
  { cwd: root, env: { ...process.env, DRIZZLE_DIALECT: dialect, DRIZZLE_OUT: out }, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })

const filesOf = (folder, dialect) => readdirSync(join(folder, dialect)).filter(file => file.endsWith('.sql'))

if (words.includes('--check')) {
  // Inside the project: drizzle-kit only takes an `out` below the folder it runs in.
  mkdirSync(join(root, '.cache'), { recursive: true })
  const copy = mkdtempSync(join(root, '.cache/migrations-'))
  try {
    cpSync(migrations, copy, { recursive: true })
    const missing = dialects.filter((dialect) => {
      generate(dialect, `./${copy.slice(root.length + 1)}`, ['--name', 'missing'])
      return filesOf(copy, dialect).length !== filesOf(migrations, dialect).length
    })
    if (missing.length) {
      console.error(`db/tables.ts has changes without a migration (${missing.join(', ')}). Run: npm run db:generate -- what_changed`)
      process.exitCode = 1
    }
  }
  finally { rmSync(copy, { recursive: true }) }
}
else {
  const custom = words.includes('--custom') ? ['--custom'] : []
  for (const dialect of dialects) console.log(generate(dialect, './db/migrations', ['--name', name, ...custom]))
}
