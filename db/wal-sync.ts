/**
 * Makes commits on SQLite survive power loss, many with one sync. In WAL mode a commit is safe once the bytes it added to
 * the `-wal` file are on the disk (https://sqlite.org/wal.html); `synchronous = FULL` syncs inside each commit, with the
 * event loop standing still. Here commits are written unsynced, and whoever acknowledges something waits for a sync that
 * began after its commit: it runs beside everything else, and serves all commits made before it.
 */
import { close, fdatasync, openSync } from 'node:fs'
import { promisify } from 'node:util'

export interface WalSync {
  /**
   * Resolves when all that was committed before the call is on the disk.
   * @throws Error once a sync has failed, for ever: what the disk then holds nobody can tell.
   */
  durable(): Promise<void>
  close(): Promise<void>
}

/** `sync` makes what was written to the file stay; tests give another. */
export function openWalSync(file: string, sync: (fd: number) => Promise<void> = promisify(fdatasync)): WalSync {
  // SQLite keeps this file, under this name, as long as the connection is open.
  const fd = openSync(`${file}-wal`, 'r+')
  let running: Promise<void> | null = null
  let following: Promise<void> | null = null
  let failed: Error | null = null

  const start = (): Promise<void> => {
    running = sync(fd).catch((cause: unknown) => {
      throw failed ??= new Error('The database file could not be synced to the disk', { cause })
    }).finally(() => { running = null })
    return running
  }
  return {
    async durable() {
      if (failed) throw failed
      // The one that runs may have begun before this commit: it counts for nothing here, the next one does.
      if (!running) return start()
      following ??= running.catch(() => {}).then(() => {
        following = null
        if (failed) throw failed
        return start()
      })
      return following
    },
    async close() {
      await (following ?? running)?.catch(() => {})
      await promisify(close)(fd)
    },
  }
}
