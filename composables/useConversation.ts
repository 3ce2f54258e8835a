import { newId } from '~~/shared/ids'
import type { MediaView } from '~~/shared/media'
import type { ChangeCommand } from '~~/shared/protocol'
import { localMedia } from '~/utils/local-media'
import type { OutboxEntry } from '~/utils/outbox'
import { messageOf, withPending } from '~/utils/pending'

interface Written { content: string, mediaIds: string[], model?: string }
export type Delivery = 'kept' | 'sending' | 'refused'

/** Commands of one conversation that are on their way. */
function usePending(id: string) {
  const outbox = useOutbox()
  const { sayUndo } = useToasts()
  const router = useRouter()
  const pending = computed<OutboxEntry[]>((before) => {
    const now = outbox.entries.value.filter(entry => entry.command.conversationId === id)
    // The list changes with every command of any conversation; only ours may redraw us.
    return before && before.length === now.length && before.every((entry, index) => entry === now[index]) ? before : now
  })
  const entryOf = (messageId: string) => pending.value.findLast(({ command }) => command.type !== 'reply.stop' && messageOf(command) === messageId)

  const deliveryOf = (messageId: string): Delivery | null => {
    const state = entryOf(messageId)?.state
    return state === 'accepted' ? null : state ?? null
  }
  const again = async (messageId: string) => {
    const entry = entryOf(messageId)
    if (entry) await outbox.again(entry.command.id)
  }
  const discard = async (messageId: string) => {
    const entry = entryOf(messageId)
    if (!entry) return
    await outbox.discard(entry.command.id)
    sayUndo('The message was discarded.', () => {
      void outbox.send({ ...entry.command, id: newId() }, { media: entry.media })
      void router.push(`/c/${id}`)
    })
  }
  return {
    pending, deliveryOf, again, discard,
    problemOf: (messageId: string) => entryOf(messageId)?.problem ?? null,
    isStopping: (messageId: string) => pending.value.some(({ command }) => command.type === 'reply.stop' && command.messageId === messageId),
  }
}

/** The commands a person can give in a conversation. Each is kept before it is sent, so none is lost. */
function useCommands(id: string, model: Ref<string | undefined>) {
  const outbox = useOutbox()
  const models = (chosen?: string) => {
    const name = chosen ?? model.value
    return name ? { model: name } : {}
  }
  const base = () => ({ id: newId(), conversationId: id })
  const mediaOf = (ids: string[]): MediaView[] => ids.flatMap(mediaId => localMedia.get(mediaId) ?? [])
  const give = (command: ChangeCommand, mediaIds: string[] = []) => outbox.send(command, { media: mediaOf(mediaIds) })

  return {
    /** Resolves once the message is kept in this browser, with the id it will have. */
    async send({ content, mediaIds, model: chosen }: Written) {
      const messageId = newId()
      await give({ ...base(), type: 'message.send', messageId, replyId: newId(), content, mediaIds, ...models(chosen) }, mediaIds)
      return { messageId }
    },
    async edit(editedId: string, { content, mediaIds, model: chosen }: Written) {
      const messageId = newId()
      await give({ ...base(), type: 'message.edit', editedId, messageId, replyId: newId(), content, mediaIds, ...models(chosen) }, mediaIds)
      return { messageId }
    },
    regenerate: (messageId: string, chosen?: string) => give({ ...base(), type: 'reply.regenerate', messageId, replyId: newId(), ...models(chosen) }),
    retry: (messageId: string, chosen?: string) => give({ ...base(), type: 'reply.retry', messageId, ...(chosen ? { model: chosen } : {}) }),
    stop: (messageId: string) => give({ ...base(), type: 'reply.stop', messageId }),
    activate: (activeMessageId: string) => give({ ...base(), type: 'conversation.change', activeMessageId }),
    /** Changes what holds for the whole conversation. */
    change: (change: { title?: string, instructions?: string | null, model?: string }) => give({ ...base(), type: 'conversation.change', ...change }),
  }
}

/**
 * One conversation as the person sees it: what the server told, live, with what is on its way laid over it. Follows it
 * while the component that asked is mounted. `id` may be one that does not exist yet: its first message makes it.
 */
export function useConversation(id: string) {
  const store = useConversationStores()(id)
  const outbox = useOutbox()
  const { pending, deliveryOf, problemOf, isStopping, again, discard } = usePending(id)
  const seen = computed(() => withPending(store.state.value, pending.value))
  const conversation = computed(() => seen.value.conversation)

  const { chosen } = useModels()
  const picked = ref<string>()
  const model = computed<string | undefined>({
    get: () => picked.value ?? conversation.value?.model ?? chosen.value,
    set: (value) => { picked.value = chosen.value = value },
  })

  const commands = useCommands(id, model)
  const { messages, siblings, more, later, loadOlder, loadLater, reach, toEnd } = useBranch(store, seen, commands.activate)
  /** What is written goes on at the end, wherever one reads. */
  const atEnd = <A extends unknown[], T>(give: (...about: A) => T) => (...about: A): T => {
    toEnd()
    return give(...about)
  }

  if (import.meta.client) {
    const leave = store.look()
    onScopeDispose(leave)
    // The server has it now: from here on its rows are followed.
    watch(pending, (entries) => {
      if (entries.some(entry => entry.state === 'accepted' && (entry.seq ?? 0) > store.state.value.seq)) store.accepted()
      outbox.settle(id, store.state.value.seq)
    }, { immediate: true })
  }

  return {
    conversation, messages, siblings, more, later, loadOlder, loadLater, reach, toEnd, model,
    problem: store.problem,
    deleted: computed(() => seen.value.deleted),
    devices: computed(() => seen.value.devices),
    deliveryOf, problemOf, isStopping, sendAgain: again, discard,
    /** Fresh forms of media (new addresses). */
    takeMedia: store.takeMedia,
    ...commands, send: atEnd(commands.send), edit: atEnd(commands.edit), regenerate: atEnd(commands.regenerate),
  }
}
