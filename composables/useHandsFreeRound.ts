import { computed, onBeforeUnmount, onMounted, readonly, ref, watch } from 'vue'
import { isOpen, type MessageView } from '~~/shared/conversation'
import { DeafError, type Ear, openEar, type Spoken, UnheardError } from '~/utils/ear'
import { goRound, type HandsFreePhase } from '~/utils/hands-free'
import { keepForSending } from '~/utils/keep-for-sending'
import { forgetRecording } from '~/utils/kept-recordings'
import { sentenceFor } from '~/utils/problems'
import { hasSentence, type Growing } from '~/utils/spoken-as-written'

/** `paused` and `trouble`: the microphone is off until the person wants it on again. */
export type HandsFreeState = HandsFreePhase | 'opening' | 'paused' | 'trouble'

/** What a person is told, and no other error of this page. */
class SaidError extends Error {}

const reasonOf = (error: unknown): string => {
  if (error instanceof UnheardError) return 'Nothing was heard for two minutes, so the microphone is off.'
  if (error instanceof DeafError) return 'The microphone went away.'
  return error instanceof SaidError ? error.message : sayRecordingFault(error, 'microphone')
}

/** Resolves at the next change of what is looked at; rejects with the signal's reason. */
const nextChange = (look: () => unknown, signal: AbortSignal) => new Promise<void>((resolve, reject) => {
  const abort = () => {
    end()
    reject(signal.reason)
  }
  const end = watch(look, () => {
    end()
    signal.removeEventListener('abort', abort)
    resolve()
  })
  signal.addEventListener('abort', abort, { once: true })
})

/** @throws SaidError for a reply that failed */
function checkReply(reply: MessageView | null) {
  if (reply?.status === 'failed') throw new SaidError(reply.error?.message ?? 'The reply failed.')
}

/** Sending what was said, and waiting for its reply: for its end, or where it can be read early, for its first sentence. */
function useAsking(conversationId: string, readsEarly: () => Promise<boolean>) {
  const { messages, send, stop, deliveryOf, problemOf } = useConversation(conversationId)
  const router = useRouter()
  const askedId = ref<string | null>(null)
  const question = computed(() => messages.value.find(message => message.id === askedId.value) ?? null)
  const reply = computed(() => messages.value.find(message => message.role === 'assistant' && message.parentId === askedId.value) ?? null)

  /** When it is there: what to read, or null. @throws SaidError */
  function outcome(messageId: string, early: boolean): { reply: MessageView | null } | null {
    if (deliveryOf(messageId) === 'refused') throw new SaidError(problemOf(messageId)?.message ?? 'This was not sent.')
    const found = reply.value
    if (!found) return null
    if (isOpen(found.status)) return early && hasSentence(found.content) ? { reply: found } : null
    checkReply(found)
    return { reply: found.status === 'done' && found.content.trim() ? found : null }
  }

  async function ask({ recordingId, file }: Spoken, signal: AbortSignal): Promise<MessageView | null> {
    askedId.value = null
    const { messageId } = await send({ content: '', mediaIds: [await keepForSending(file)] })
    askedId.value = messageId
    await forgetRecording(recordingId).catch(() => undefined)
    if (router.currentRoute.value.path !== `/c/${conversationId}`) await router.push(`/c/${conversationId}`)
    const early = await readsEarly()
    for (;;) {
      signal.throwIfAborted()
      const found = outcome(messageId, early)
      if (found) return found.reply
      await nextChange(() => [reply.value, deliveryOf(messageId)], signal)
    }
  }

  const find = (id: string) => messages.value.find(message => message.id === id) ?? null
  /** What there is of a reply, until it has ended. */
  const growing = (id: string): Growing => ({
    now: () => ({ text: find(id)?.content ?? '', whole: !isOpen(find(id)?.status ?? 'done') }),
    changed: signal => nextChange(() => find(id), signal),
  })
  return { ask, question, reply, growing, check: (id: string) => checkReply(find(id)), stopReply: () => { if (reply.value && isOpen(reply.value.status)) void stop(reply.value.id) } }
}

/** A hands-free conversation while the component that asked is mounted. */
export function useHandsFreeRound(conversationId: string) {
  const { read, readsEarly, reading, prime, stop: stopReading } = useReadAloud()
  const { ask, question, reply, growing, check, stopReply } = useAsking(conversationId, readsEarly)
  const state = ref<HandsFreeState>('opening')
  const level = ref(0)
  /** Why the microphone is off. */
  const reason = ref<string | null>(null)
  /** What did not work although the round goes on. */
  const note = ref<string | null>(null)
  let ear: Ear | null = null
  let round = new AbortController()

  function hush() {
    round.abort(new DOMException('left', 'AbortError'))
    ear?.close()
    ear = null
    level.value = 0
    stopReading()
  }
  async function readReply(message: MessageView, signal: AbortSignal) {
    note.value = null
    await read({ ...message, growing: growing(message.id) }, signal).catch((error: unknown) => { note.value = `The reply could not be read aloud. ${sentenceFor(error)}` })
    check(message.id)
  }
  async function listen() {
    hush()
    const mine = round = new AbortController()
    state.value = 'opening'
    reason.value = null
    try {
      const opened = await openEar((heard) => { level.value = heard })
      if (mine.signal.aborted) return opened.close()
      ear = opened
      await goRound({ ear, ask, read: readReply, tell: (phase) => { state.value = phase } }, mine.signal)
    }
    catch (error) {
      if (mine.signal.aborted) return
      hush()
      reason.value = reasonOf(error)
      state.value = error instanceof UnheardError ? 'paused' : 'trouble'
    }
  }
  function pause() {
    hush()
    reason.value = 'The microphone is off.'
    state.value = 'paused'
  }
  onMounted(() => {
    prime()
    void listen()
  })
  onBeforeUnmount(hush)

  return { state: readonly(state), level: readonly(level), reason, note, question, reply, reading, listen, pause, enough: () => ear?.enough(), skip: stopReading, stopReply }
}
