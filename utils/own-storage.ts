/** What is being written (texts and lists of files) in this browser's storage, apart for each person who uses it. */
export type OwnKind = 'draft' | 'attachments'

const prefixOf = (kind: OwnKind, userId: string) => `parley:${kind}:${userId}:`

/** Null where nothing is kept, or nothing may be. */
export function readOwn(kind: OwnKind, userId: string, key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(prefixOf(kind, userId) + key) ?? 'null')
  }
  catch {
    return null
  }
}

/** Keeps a value, with the time; null removes it. Where storage is full or forbidden nothing is kept. */
export function keepOwn(kind: OwnKind, userId: string, key: string, value: object | null): void {
  try {
    if (value) localStorage.setItem(prefixOf(kind, userId) + key, JSON.stringify({ ...value, at: Date.now() }))
    else localStorage.removeItem(prefixOf(kind, userId) + key)
  }
  catch {
    // It stays on the page, and is lost with it.
  }
}

/** Removes it all, whoever it is of. */
export function forgetOwn(): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith('parley:')) localStorage.removeItem(key)
  }
  catch {
    // Storage is forbidden: nothing is kept.
  }
}

/** Gives what one person was writing to another: a guest who has signed up. */
export function moveOwn(fromId: string, toId: string): void {
  try {
    for (const kind of ['draft', 'attachments'] as const) {
      for (const key of Object.keys(localStorage).filter(key => key.startsWith(prefixOf(kind, fromId)))) {
        const value = localStorage.getItem(key)
        if (value !== null) localStorage.setItem(prefixOf(kind, toId) + key.slice(prefixOf(kind, fromId).length), value)
        localStorage.removeItem(key)
      }
    }
  }
  catch {
    // Storage is forbidden: there is nothing to move.
  }
}
