import { promiseTimeout } from '@vueuse/core'
import type { LiveEvent } from '~~/shared/protocol'
import { ensureUploaded } from '~/utils/uploads'

/** The conversation an event is about, if it is about one. */
const aboutOf = (event: LiveEvent): string | null => {
  if (event.type === 'conversation.changed' || event.type === 'conversation.listed') return event.conversation.id
  return 'conversationId' in event ? event.conversationId : null
}

/** Keeps the list and the unread marks by what the server tells of conversations. */
function useListNews(isLookedAt: (id: string) => boolean) {
  const list = useConversationList()
  const unread = useUnread()
  const outbox = useOutbox()
  return (event: LiveEvent) => {
    if (event.type === 'conversation.deleted') list.drop(event.conversationId)
    if (event.type !== 'conversation.listed' && event.type !== 'conversation.changed') return
    const { conversation } = event
    const finished = list.find(conversation.id)?.busy && !conversation.busy
    list.take(conversation)
    if (isLookedAt(conversation.id)) return
    if (finished) unread.mark(conversation.id)
    // One that is looked at settles by its messages' rows, so that nothing vanishes in between.
    outbox.settle(conversation.id, conversation.seq)
  }
}

/** Hands events to the conversations they are about. */
function useConversationNews() {
  const cache = conversationCache(useNuxtApp())
  return (event: LiveEvent) => {
    const id = aboutOf(event)
    if (id) cache.get(id)?.event(event)
    else if (event.type === 'media.changed') for (const store of cache.values()) store.event(event)
  }
}

/** What still could be undone cannot be any more once the page is gone, so it goes now. The same id twice is harmless. */
function sendDelayed(entries: ReturnType<typeof useOutbox>['entries']) {
  for (const { command, notBefore, state } of entries.value) {
    if (!notBefore || state !== 'kept') continue
    void fetch('/api/commands', { method: 'POST', keepalive: true, headers: { 'content-type': 'application/json' }, body: JSON.stringify(command) }).catch(() => {})
  }
}

/**
 * A page whose parts can't be fetched never stands; the line must come all the same, since with it they are fetched again. Long,
 * for a busy device takes its time to wake a page up, and news in the middle of that would not fit what the server drew.
 */
const standsWithinMs = 15_000

/** Opens the line and the outbox for whoever is signed in. */
export default defineNuxtPlugin(() => {
  const { user, load, leave } = useSession()
  const { line, on } = useSocket()
  const { sayError } = useToasts()
  const { entries } = useOutbox()
  const router = useRouter()
  const nuxt = useNuxtApp()
  const hydrated = nuxt.isHydrating ? new Promise<void>((resolve) => { nuxt.hooks.hookOnce('app:suspense:resolve', () => resolve()) }) : Promise.resolve()
  // News that came before the page stands would change what the server has drawn under Vue's hands.
  const standing = Promise.race([hydrated, promiseTimeout(standsWithinMs)])
  on(useConversationNews())
  on(useListNews(id => !document.hidden && router.currentRoute.value.params.id === id))

  /** A changed password ends every session and gives this browser a new one, whose cookie may come a moment later than the news. */
  async function stayOrLeave() {
    const ask = () => load().catch(() => null)
    const still = await ask() ?? await promiseTimeout(500).then(ask)
    if (still) line.open()
    else leave()
  }
  on((event) => { if (event.type === 'session.ended') void stayOrLeave() })

  let close: (() => void) | undefined
  watch(() => user.value?.id, (userId, before) => {
    if (before) line.close()
    close?.()
    close = undefined
    if (!userId) return
    close = openUserOutbox({ userId, hydrated, refused: sayError, prepare: ({ command }) => ensureUploaded('mediaIds' in command ? command.mediaIds : []) })
    void standing.then(() => { if (user.value?.id === userId) line.open() })
  }, { immediate: true })

  const wake = () => { if (user.value) line.wake() }
  window.addEventListener('online', wake)
  window.addEventListener('offline', () => line.sleep())
  window.addEventListener('pageshow', (event) => { if (event.persisted) wake() })
  window.addEventListener('pagehide', () => sendDelayed(entries))
  document.addEventListener('visibilitychange', () => { if (!document.hidden) wake() })
})
