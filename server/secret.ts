/** The one secret of an installation, and the keys that are drawn from it. */
import { hkdfSync, randomBytes } from 'node:crypto'
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ownFileIfThere, ownFolder } from '../db/owner-only.ts'
import type { Config } from './config.ts'

/** What a key is for: one key never serves two purposes. */
export type Purpose = 'sessions' | 'media'

function keptSecret(folder: string): string {
  const file = join(folder, 'secret')
  const mine = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`
  ownFolder(folder)
  ownFileIfThere(file)
  try {
    return readFileSync(file, 'utf8').trim()
  }
  catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  // A link appears whole or not at all, and only one of several starting processes gets to make it.
  writeFileSync(mine, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(mine, file)
  }
  catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  finally {
    unlinkSync(mine)
  }
  return readFileSync(file, 'utf8').trim()
}

/**
 * A 256-bit key (base64url) for one purpose, the same at every start: drawn from `AUTH_SECRET`, or from a secret that is
 * made once and kept in `<DATA_DIR>/secret`, readable by its owner only.
 * @throws Error when a web process of a fleet has no `AUTH_SECRET`: each would make another, and none would know the other's sessions.
 */
export function keyFor(purpose: Purpose, config: Pick<Config, 'env' | 'dataDir'>): string {
  const { AUTH_SECRET: given, ROLE: role } = config.env
  if (given === undefined && role === 'web')
    throw new Error('The configuration is not right:\n  AUTH_SECRET: processes with ROLE=web have to share one. Make it with: openssl rand -base64 32')
  if (given !== undefined && given.length < 32)
    throw new Error('The configuration is not right:\n  AUTH_SECRET: at least 32 characters. Make it with: openssl rand -base64 32')
  return Buffer.from(hkdfSync('sha256', given ?? keptSecret(config.dataDir), '', `parley ${purpose}`, 32)).toString('base64url')
}
