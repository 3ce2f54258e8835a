import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { openLocalStore } from '../../server/media/local.ts'
import { mediaStoreContract } from '../contract/media-store.ts'
import { openFileHost } from '../support/file-host.ts'

async function withStore<T>(use: (folder: string, store: ReturnType<typeof openLocalStore>) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-store-'))
  try {
    return await use(folder, openLocalStore({ folder, secret: 'test', urlSeconds: 60 }))
  }
  finally {
    await rm(folder, { recursive: true })
  }
}

mediaStoreContract('local disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-store-'))
  const store = openLocalStore({ folder, secret: 'test', urlSeconds: 60 })
  const brief = openLocalStore({ folder, secret: 'test', urlSeconds: 2 })
  const host = await openFileHost(store.files!)
  return {
    store, brief, reach: host.reach,
    close: async () => {
      await host.close()
      await rm(folder, { recursive: true })
    },
  }
})

describe('local store', () => {
  it('never leaves its folder, whatever the key', () => withStore(async (folder, store) => {
    for (const key of ['../out', 'a/../../out', '/etc/passwd', 'a//b', '.hidden', 'a/.hidden', 'a\\..\\b', 'a/b\0', '']) {
      await expect(store.put(key, Readable.from([Buffer.from('x')]), { mime: 'image/png', maxBytes: 1 }), key).rejects.toThrow()
      expect(await store.stat(key)).toBeNull()
      await expect(store.read(key)).rejects.toMatchObject({ code: 'media_not_found' })
    }
    expect(await readdir(folder)).toEqual([])
  }))

  it('leaves no half-written file and no empty folder behind', () => withStore(async (folder, store) => {
    await expect(store.put('u/m/original', Readable.from([Buffer.alloc(10)]), { mime: 'image/png', maxBytes: 5 })).rejects.toThrow()
    expect(await readdir(join(folder, '.unfinished'))).toEqual([])
    await store.put('u/m/original', Readable.from([Buffer.from('x')]), { mime: 'image/png', maxBytes: 5 })
    await store.removeAll('u/m/')
    expect(await readdir(folder)).toEqual(['.unfinished'])
  }))

  it('sends nothing that a browser could run, whatever the link says', () => withStore(async (folder, store) => {
    const host = await openFileHost(store.files!)
    await store.put('u/m/original', Readable.from([Buffer.from('<svg onload="alert(1)"/>')]), { mime: 'image/svg+xml', maxBytes: 100 })
    const { url } = await store.address({ key: 'u/m/original', name: 'x.svg', mime: 'image/svg+xml', inline: true })
    const answer = await fetch(host.reach(url))
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment/)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('content-security-policy')).toBe('default-src \'none\'; sandbox')
    expect(await answer.text()).toBe(await readFile(join(folder, 'u/m/original'), 'utf8'))
    await host.close()
  }))

  it('says in its self-test what is wrong', () => withStore(async (folder) => {
    const taken = join(folder, 'a-file')
    await writeFile(taken, '')
    const report = await openLocalStore({ folder: taken, secret: 'test', urlSeconds: 60 }).check()
    expect(report.ok).toBe(false)
    expect(report.problems[0]).toContain(taken)
  }))
})
