/** Folders in which files are opened: copies of what people sent, so none may stay behind. */
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

/** The machine is part of the name, since containers may share a place for temporary files, but not their process numbers. */
const ours = `parley-media-${hostname().replace(/[^\w.]/g, '_')}-`
const inUse = new Set<string>()

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  }
  catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** One of a process that is gone; of this one, when it was made by an earlier one of the same number. */
function isLeft(name: string): boolean {
  const pid = name.startsWith(ours) ? Number(/^(\d+)-/.exec(name.slice(ours.length))?.[1]) : NaN
  return pid === process.pid ? !inUse.has(name) : pid > 0 && !isAlive(pid)
}

async function removeLeft(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => [])
  await Promise.all(names.filter(isLeft).map(name => rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {})))
}

/** Lends an empty folder. What killed processes of this machine left is removed first. */
export async function withWorkFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  await removeLeft()
  const name = `${ours}${process.pid}-${randomUUID()}`
  const folder = join(tmpdir(), name)
  // Before it is there, or another file of this process could take it for a left one.
  inUse.add(name)
  try {
    await mkdir(folder, { mode: 0o700 })
    return await use(folder)
  }
  finally {
    await rm(folder, { recursive: true, force: true })
    inUse.delete(name)
  }
}
