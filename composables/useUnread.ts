/** Conversations in which something finished while the person looked elsewhere. Kept in this browser, shared by its tabs. */
export function useUnread() {
  const unread = useLocalStorage<string[]>('parley:unread', [], { initOnMounted: true, writeDefaults: false })
  const mark = (id: string) => { if (!unread.value.includes(id)) unread.value = [...unread.value, id].slice(-200) }
  const clear = (id: string) => { if (unread.value.includes(id)) unread.value = unread.value.filter(other => other !== id) }
  return { isUnread: (id: string) => unread.value.includes(id), mark, clear }
}
