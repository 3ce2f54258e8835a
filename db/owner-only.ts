/** Folders and files that nobody but the account this process runs as may look into: what people said lies in them. */
import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs'

/** Takes what group and others may do. Somebody else's folder (a mounted volume), and one that many share (`/tmp`), are not ours to close. */
function closeToOthers(path: string): void {
  const { mode, uid } = statSync(path)
  const shared = (mode & 0o1000) !== 0
  const theirs = process.getuid !== undefined && uid !== process.getuid()
  if (!shared && !theirs && (mode & 0o077) !== 0) chmodSync(path, mode & 0o700)
}

/** Makes the folder unless it exists, and closes it to others. */
export function ownFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  closeToOthers(path)
}

const unlessErrno = (code: string, work: () => void): void => {
  try {
    work()
  }
  catch (error) {
    if ((error as NodeJS.ErrnoException).code !== code) throw error
  }
}

/** Makes the file unless it exists, and closes it to others. One that exists is not opened: closing it again would drop this process's locks on it. */
export function ownFile(path: string): void {
  unlessErrno('EEXIST', () => closeSync(openSync(path, 'wx', 0o600)))
  closeToOthers(path)
}

/** Closes a file to others if it exists. */
export const ownFileIfThere = (path: string): void => unlessErrno('ENOENT', () => closeToOthers(path))
