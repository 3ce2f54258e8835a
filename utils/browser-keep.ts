/** What the browser keeps over reloads: commands that were not delivered, and files that were not uploaded. */
import type { Keep, OutboxEntry } from './outbox.ts'

interface Store<T> {
  get(key: string): Promise<T | null>
  set(key: string, value: T): Promise<void>
  remove(key: string): Promise<void>
  keys(): Promise<string[]>
}

/** IndexedDB through unstorage's driver, which keeps values as they are (files too). Loaded when first used. */
function openStore<T>(dbName: string): Store<T> {
  const opening = import('unstorage/drivers/indexedb').then(({ default: indexedb }) => indexedb({ dbName, storeName: 'kept' }))
  const none = {} as never
  return {
    get: async key => (await (await opening).getItem(key, none)) as T | null,
    set: async (key, value) => { await (await opening).setItem?.(key, value as never, none) },
    remove: async (key) => { await (await opening).removeItem?.(key, none) },
    keys: async () => await (await opening).getKeys('', none),
  }
}

async function all<T>(store: Store<T>): Promise<T[]> {
  const values = await Promise.all((await store.keys()).map(key => store.get(key)))
  return values.filter(value => value !== null)
}

const databases = { outbox: 'parley-outbox', files: 'parley-files', digests: 'parley-digests' } as const

/** Kept commands. A put or a removal is told to the other tabs. */
export function outboxKeep(tell: () => void): Keep {
  const store = openStore<OutboxEntry>(databases.outbox)
  return {
    list: () => all(store),
    put: async (entry) => {
      // Reactive proxies cannot be stored; an entry is plain data.
      await store.set(entry.command.id, JSON.parse(JSON.stringify(entry)))
      tell()
    },
    remove: async (id) => {
      await store.remove(id)
      tell()
    },
  }
}

/** Gives what one person kept to another: a guest who has signed up. */
export async function moveKeptCommands(fromId: string, toId: string): Promise<void> {
  const store = openStore<OutboxEntry>(databases.outbox)
  for (const entry of await all(store)) if (entry.userId === fromId) await store.set(entry.command.id, { ...entry, userId: toId })
}

/** Removes commands and files, whoever they are of. */
export async function forgetKept(): Promise<void> {
  for (const store of Object.values(databases).map(name => openStore<unknown>(name)))
    await Promise.all((await store.keys()).map(key => store.remove(key)))
}

export interface KeptFile { id: string, name: string, file: Blob, keptAt: number }

/** Files on their way to the media store, by media id. */
export const fileKeep = () => openStore<KeptFile>(databases.files)

export type DigestKeep = Store<Record<number, string>>

/** Digests of the parts that have arrived of files that aren't kept, by media id. */
export const digestKeep = (): DigestKeep => openStore<Record<number, string>>(databases.digests)
