import BetterSqlite from 'better-sqlite3'
import { ownFile } from './owner-only.ts'

/**
 * Makes this process the owner of a database file: an exclusive SQLite lock on `<file>.lock`, which the system drops
 * when the process ends, however it ends (a file with a process id in it would stay).
 * @returns gives the file free again.
 * @throws Error when another process owns it still after `waitMs`.
 */
export function lockFile(file: string, waitMs: number): () => void {
  if (file === ':memory:') return () => {}
  ownFile(`${file}.lock`)
  const lock = new BetterSqlite(`${file}.lock`, { timeout: waitMs })
  try {
    // No journal beside the lock, and nothing is ever written.
    lock.pragma('journal_mode = MEMORY')
    lock.exec('begin exclusive')
  }
  catch (cause) {
    lock.close()
    if ((cause as { code?: string }).code !== 'SQLITE_BUSY') throw cause
    throw new Error(`Another process is using ${file}. Stop it first, or set DATA_DIR to another folder.`, { cause })
  }
  return () => lock.close()
}
