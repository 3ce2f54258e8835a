import type { ConversationView } from '~~/shared/conversation'
import { newId } from '~~/shared/ids'
import { groupByDay } from '~/utils/group-by-day'
import { layOverList, takeRow } from '~/utils/conversation-rows'

interface ListAnswer { conversations: ConversationView[], more: boolean }

const pageSize = 50
/** Somebody may click at the last moment. */
const graceMs = 1_000

/** The clock of the list: the same in the first HTML and when scripts take over, the person's own after that. */
function useListClock() {
  const timeZone = useCookie('parley.zone', { maxAge: 365 * 86_400, sameSite: 'lax', default: () => 'UTC' })
  const clock = useState('list-clock', () => ({ now: Date.now(), zone: timeZone.value }))
  onMounted(() => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    timeZone.value = zone
    clock.value = { now: Date.now(), zone }
  })
  return clock
}

/** The last by the server's order: several may have been changed in the same moment. */
const lastListed = (rows: ConversationView[]) => rows.toSorted((a, b) => a.updatedAt - b.updatedAt || (a.id < b.id ? -1 : 1))[0]

/** The person's conversations, as they see them: told by the server, with their own changes shown at once. */
export function useConversationList() {
  const api = useApi()
  const outbox = useOutbox()
  const { sayUndo } = useToasts()
  const router = useRouter()
  const rows = useState<ConversationView[]>('conversations', () => [])
  const more = useState('conversations-more', () => false)
  const loaded = useState('conversations-loaded', () => false)
  const failed = useState('conversations-failed', () => false)
  const all = computed(() => layOverList(rows.value, outbox.entries.value))

  const read = (last?: ConversationView) => api<ListAnswer>('/api/conversations', { query: { limit: pageSize, before: last?.updatedAt, beforeId: last?.id } })
  async function load() {
    failed.value = false
    const page = await read().catch((error: unknown) => {
      failed.value = true
      throw error
    })
    rows.value = page.conversations.reduce(takeRow, rows.value)
    more.value = page.more
    loaded.value = true
  }
  async function loadMore() {
    const page = await read(lastListed(rows.value))
    rows.value = page.conversations.reduce(takeRow, rows.value)
    more.value = page.more
  }

  const change = (conversationId: string, what: { title?: string, pinned?: boolean, archived?: boolean }) =>
    outbox.send({ type: 'conversation.change', id: newId(), conversationId, ...what })

  /** Leaves a conversation that goes away, if it is the open one, and says so with the way back. */
  async function leave(conversationId: string, what: string, undo: () => Promise<unknown>) {
    const wasOpen = router.currentRoute.value.params.id === conversationId
    sayUndo(what, () => {
      void undo()
      if (wasOpen) void router.push(`/c/${conversationId}`)
    })
    if (wasOpen) await router.push('/')
  }
  /** Hides it at once; it is really deleted when nobody has undone that in time. */
  async function remove(conversationId: string) {
    const command = { type: 'conversation.delete' as const, id: newId(), conversationId }
    await outbox.send(command, { notBefore: Date.now() + undoMs + graceMs })
    await leave(conversationId, 'The conversation was deleted.', () => outbox.discard(command.id))
  }
  async function archive(conversationId: string) {
    await change(conversationId, { archived: true })
    await leave(conversationId, 'The conversation was archived.', () => change(conversationId, { archived: false }))
  }

  return {
    all, more, loaded, failed, load, loadMore, remove, archive,
    find: (id: string) => all.value.find(row => row.id === id),
    rename: (id: string, title: string) => change(id, { title }),
    pin: (id: string, pinned: boolean) => change(id, { pinned }),
    unarchive: (id: string) => change(id, { archived: false }),
    /** A row the server told of. */
    take: (row: ConversationView) => { rows.value = takeRow(rows.value, row) },
    drop: (id: string) => { rows.value = rows.value.filter(row => row.id !== id) },
  }
}

/** The list in its groups, for whoever draws it. */
export function useConversationGroups(archived: Ref<boolean>) {
  const { all } = useConversationList()
  const clock = useListClock()
  return computed(() => groupByDay(all.value.filter(row => (row.archivedAt !== null) === archived.value), clock.value.now, clock.value.zone))
}

/** Fetches a conversation ahead of the click, so that opening it is instant. Call it in setup. */
export function usePrefetch() {
  const storeOf = useConversationStores()
  return (id: string) => {
    const store = storeOf(id)
    if (!store.state.value.conversation) store.load().catch(() => {})
  }
}
