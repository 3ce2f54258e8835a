/** Where tests write: in memory where that has room, which spares the disk and up to a quarter of integration's time. */
import { accessSync, chmodSync, constants, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const memory = '/dev/shm'
/** Several times what a whole run leaves there at once. */
const roomBytes = 3 * 2 ** 30

/** Tests also run programs they put there, as Postgres'. */
const mayRun = () => !/^\S+ \/dev\/shm \S+ \S*\bnoexec\b/m.test(readFileSync('/proc/mounts', 'utf8'))

function hasRoom() {
  try {
    accessSync(memory, constants.W_OK)
    const { bavail, bsize } = statfsSync(memory)
    return bavail * bsize >= roomBytes && mayRun()
  }
  catch { return false }
}

/** Makes the folder, which goes with this process. */
export function makeTestFolder() {
  const folder = mkdtempSync(join(hasRoom() ? memory : tmpdir(), 'parley-test-'))
  // Postgres, which doesn't run as root, goes through it as somebody else.
  chmodSync(folder, 0o711)
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
  return folder
}
