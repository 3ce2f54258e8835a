import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** Paths of the repository's own files, new ones included. */
export const listFiles = (): string[] => [...new Set(execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean))]
export const read = (path: string): string => readFileSync(join(root, path), 'utf8')
