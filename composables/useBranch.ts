import type { MessageView } from '~~/shared/conversation'
import { branchOf, viewMessage, type ConversationState } from '~/utils/apply-event'
import type { ConversationStore } from './useConversationStore'

/** How long another branch may take to come. */
const branchDeadlineMs = 10_000

/** Made anew only when something of `from` is another: it stays the same while a reply streams into the state. */
function steady<T>(from: () => unknown[], make: () => T) {
  let known: { from: unknown[], made: T } | undefined
  return computed<T>(() => {
    const now = from()
    if (!known || known.from.some((one, at) => one !== now[at])) known = { from: now, made: make() }
    return known.made
  })
}

/**
 * The messages that are shown: the known end of the active branch, or, after a jump to an old message, a piece of it
 * that ends at `end`.
 */
export function useBranch(store: ConversationStore, seen: ComputedRef<ConversationState>, activate: (messageId: string) => Promise<unknown>) {
  const end = ref<string | null>(null)
  const branch = steady(() => [seen.value.messages, seen.value.conversation?.activeMessageId, end.value], () => branchOf(seen.value, end.value))
  const messages = computed(() => branch.value.flatMap<MessageView>(messageId => viewMessage(seen.value, messageId) ?? []))
  const siblings = steady(() => [branch.value, seen.value.versions], () => Object.fromEntries(branch.value.map(id => [id, [...seen.value.versions[seen.value.messages[id]?.parentId ?? ''] ?? [id]]])))
  const more = computed(() => branch.value.length > 0 && (seen.value.messages[branch.value[0] ?? '']?.parentId ?? null) !== null)
  const later = computed(() => end.value !== null && end.value === branch.value.at(-1))

  async function loadOlder() {
    const first = branch.value[0]
    if (first && more.value) await store.loadPage({ before: first })
  }
  async function loadLater() {
    if (!end.value || !later.value) return
    const page = await store.loadPage({ after: end.value })
    const last = page.messages.at(-1)?.id ?? null
    // Where it meets what is known of the end, it is the end.
    end.value = page.later && last && !branchOf(seen.value).includes(last) ? last : null
  }

  /** Shows the branch that leads through a message, and waits until it is here. */
  async function changeBranch(messageId: string) {
    const leaf = () => store.state.value.conversation?.activeMessageId
    const before = leaf()
    await activate(messageId)
    await until(() => leaf() !== before && leaf() ? store.state.value.messages[leaf() ?? ''] : undefined).toBeTruthy({ timeout: branchDeadlineMs })
  }
  /** Makes sure that a message is among those that are shown, wherever in the conversation it stands. */
  async function reach(messageId: string) {
    if (branch.value.includes(messageId)) return
    let page = await store.loadPage({ around: messageId })
    if (!page.active) {
      await changeBranch(messageId)
      if (branch.value.includes(messageId)) return
      page = await store.loadPage({ around: messageId })
    }
    const last = page.messages.at(-1)?.id ?? null
    end.value = page.later && last && !branchOf(seen.value).includes(last) ? last : null
  }
  return { branch, messages, siblings, more, later, loadOlder, loadLater, reach, toEnd: () => { end.value = null } }
}
