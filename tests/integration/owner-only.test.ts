/** ASVS 13.3, 14.2: what people say and send can be read by the account the server runs as, and by no other of the machine. */
import { chmodSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { ownFolder } from '../../db/owner-only.ts'
import { withServices, type TestServices } from '../support/services.ts'

/** Everything in the folder that group or others may do anything with, by path from it; the folder itself as ''. */
function openToOthers(folder: string): string[] {
  const paths = ['', ...readdirSync(folder, { recursive: true }).map(String)]
  return paths.filter(path => (statSync(join(folder, path)).mode & 0o077) !== 0)
}

/** A database with something in it, a file in one piece and one in parts, a secret: all there is in a data folder. */
async function fill({ services }: TestServices): Promise<string> {
  const { store, database: { db, tables }, config } = services
  await db.select().from(tables.user)
  await store.check()
  await store.put('u/m/original', Readable.from([Buffer.from('secret')]), { mime: 'text/plain', maxBytes: 10 })
  await store.copy('u/m/original', 'u/n/original')
  const uploadId = await store.beginParts({ key: 'u/o/original', mime: 'text/plain' })
  const { url } = await store.partAddress({ key: 'u/o/original', uploadId, number: 1, bytes: 6 })
  await store.files?.put('u/o/original', new URL(url, 'http://parley.invalid').searchParams, Readable.from([Buffer.from('secret')]))
  await store.finishParts({ key: 'u/o/original', uploadId, count: 1, bytes: 6 })
  await store.beginParts({ key: 'u/p/original', mime: 'text/plain' })
  return config.dataDir
}

it('everything in a new data folder is its owner’s alone', () => withServices('sqlite', async (test) => {
  const before = process.umask(0o000)
  try {
    const folder = await fill(test)
    expect(readdirSync(folder).toSorted()).toEqual(['media', 'parley.sqlite', 'parley.sqlite-shm', 'parley.sqlite-wal', 'parley.sqlite.lock', 'secret'])
    expect(openToOthers(folder)).toEqual([])
  }
  finally {
    process.umask(before)
  }
}))

it('a data folder that was open is closed at the next start', () => withServices('sqlite', async (test) => {
  const folder = await fill(test)
  for (const [name, mode] of [['', 0o755], ['media', 0o777], ['parley.sqlite', 0o644], ['parley.sqlite.lock', 0o644], ['secret', 0o640]] as const) chmodSync(join(folder, name), mode)
  await (await test.again()).store.check()
  expect(openToOthers(folder)).toEqual([])
}))

it('a folder that many share is left to them', () => withServices('sqlite', async ({ services }) => {
  const shared = join(services.config.dataDir, 'shared')
  ownFolder(shared)
  chmodSync(shared, 0o1777)
  ownFolder(shared)
  expect(statSync(shared).mode & 0o7777).toBe(0o1777)
}))
