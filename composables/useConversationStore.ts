import type { ShallowRef } from 'vue'
import { isOpen, type MessagePage, type MessageView, type Snapshot } from '~~/shared/conversation'
import type { Problem } from '~~/shared/errors'
import type { MediaView } from '~~/shared/media'
import type { LiveEvent } from '~~/shared/protocol'
import { applyEvent, applyMediaViews, applyPage, applySnapshot, emptyConversation, positionOf, type ConversationState } from '~/utils/apply-event'
import type { Follower, Following } from '~/utils/live-followers'
import { findProblem, isMissing } from '~/utils/problems'

/** What the tab knows of one conversation, kept while it is likely to be looked at again. */
export interface ConversationStore {
  id: string
  state: ShallowRef<ConversationState>
  /** Why there is nothing to show, when there isn't. */
  problem: ShallowRef<Problem | null>
  take(snapshot: Snapshot): void
  load(): Promise<void>
  /** Fetches messages before, after or around one. */
  loadPage(place: { before: string } | { after: string } | { around: string }): Promise<MessagePage>
  takeMedia(media: MediaView[]): void
  event(event: LiveEvent): void
  /** The server took a command whose rows aren't here yet. */
  accepted(): void
  /** Follows while at least one component looks at it; call the answer to leave. */
  look(): () => void
}

/** Conversations kept in memory besides the one that is open. */
const keptCount = 20
/** A hidden page gets no animation frames. */
const hiddenFrameMs = 250
const rowsDeadlineMs = 2_000

const caches = new WeakMap<object, Map<string, ConversationStore>>()

/** The stores of this app: one for the tab; on the server one for each request. */
export function conversationCache(app: object): Map<string, ConversationStore> {
  const cache = caches.get(app) ?? new Map<string, ConversationStore>()
  caches.set(app, cache)
  return cache
}

/** Calls `show` at the next frame, once, however often it is asked. */
function atNextFrame(show: () => void) {
  let waiting = false
  return () => {
    if (waiting) return
    waiting = true
    const run = () => {
      waiting = false
      show()
    }
    if (document.hidden) setTimeout(run, hiddenFrameMs)
    else requestAnimationFrame(run)
  }
}

/** Calls `run` so long after it was asked for last. */
function makeDelay(run: () => void, ms: number) {
  let timer: ReturnType<typeof setTimeout> | undefined
  return () => {
    clearTimeout(timer)
    timer = setTimeout(run, ms)
  }
}

/** Follows the conversation on the line, and asks again for what the state says it lacks. */
function makeFollower(id: string, current: () => ConversationState, { refused, ahead }: Omit<Follower, 'position'>) {
  let lookers = 0
  let following: Following | null = null
  const start = () => {
    if (following || lookers === 0) return
    following = useSocket().line.follow(id, { position: () => positionOf(current()), refused, ahead })
  }
  const stop = () => {
    following?.stop()
    following = null
  }
  return {
    start, stop,
    again: () => following ? following.again() : start(),
    enter: () => { lookers++ },
    leave: () => { if (--lookers === 0) stop() },
  }
}

function makeStore(id: string, api: ReturnType<typeof useApi>): ConversationStore {
  let current = emptyConversation()
  let loading: Promise<void> | null = null
  const state = shallowRef(current)
  const problem = shallowRef<Problem | null>(null)
  const show = () => { state.value = current }
  const put = (next: ConversationState) => {
    current = next
    show()
  }
  const showSoon = atNextFrame(show)
  const follower = makeFollower(id, () => current, { refused, ahead })

  function refused(reason: Problem) {
    // One that is on its way to the server isn't there yet; the answer to its first message starts the following.
    follower.stop()
    if (!current.conversation) return
    problem.value = reason
    put({ ...current, deleted: current.deleted || reason.code === 'conversation_not_found' })
  }
  /** The server was put back to a backup: whatever it has replaces what is known here. */
  function ahead() {
    current = { ...current, seq: 0, needs: 'nothing' }
    load().catch(() => follower.again())
  }

  function mend() {
    const { needs } = current
    if (needs === 'nothing') return
    current = { ...current, needs: 'nothing' }
    if (needs === 'follow') follower.again()
    else load().catch(() => follower.again())
  }

  const take = (snapshot: Snapshot) => {
    problem.value = null
    put(applySnapshot(current, snapshot))
    if (import.meta.client) follower.start()
  }

  const load = () => loading ??= api<Snapshot>(`/api/conversations/${id}`).then(take, (error: unknown) => {
    problem.value = isMissing(error) ? findProblem(error) : null
    throw error
  }).finally(() => { loading = null })

  const loadPage: ConversationStore['loadPage'] = place => api<MessagePage>(`/api/conversations/${id}/messages`, { query: place }).then((page) => {
    put(applyPage(current, page))
    return page
  })

  function event(event: LiveEvent) {
    const next = applyEvent(current, event)
    if (next === current) return
    current = next
    mend()
    if (event.type === 'reply.delta') return showSoon()
    show()
    useOutbox().settle(id, current.seq)
  }

  function look() {
    follower.enter()
    if (current.conversation) follower.start()
    return follower.leave
  }

  // The rows of a command are usually told in the same moment; only when they stay away they are asked for.
  const askLater = makeDelay(follower.again, rowsDeadlineMs)

  const takeMedia = (media: MediaView[]) => put(applyMediaViews(current, media))
  return { id, state, problem, take, load, loadPage, takeMedia, event, look, accepted: () => current.conversation ? askLater() : follower.start() }
}

/** True when something in it is going on that a late look would miss. */
const isBusy = (store: ConversationStore) => Object.values<MessageView>(store.state.value.messages).some(message => isOpen(message.status))

/** Gives the store of a conversation, making it when there is none; the least recently opened ones make room. Call it in setup. */
export function useConversationStores(): (id: string) => ConversationStore {
  const cache = conversationCache(useNuxtApp())
  const api = useApi()
  return id => storeOf(cache, api, id)
}

function storeOf(cache: Map<string, ConversationStore>, api: ReturnType<typeof useApi>, id: string): ConversationStore {
  const known = cache.get(id)
  if (known) {
    cache.delete(id)
    cache.set(id, known)
    return known
  }
  const store = makeStore(id, api)
  cache.set(id, store)
  const oldest = [...cache.values()].find(one => one !== store && !isBusy(one))
  if (cache.size > keptCount && oldest) cache.delete(oldest.id)
  return store
}
