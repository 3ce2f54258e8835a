import { computed, onMounted, ref, shallowRef } from 'vue'
import type { MediaView } from '~~/shared/media'
import { findVoice, speakByVoice } from '~/utils/speak-by-voice'
import { RefusedError } from '~/utils/problems'
import { speakByServer, type SpeakParts } from '~/utils/speak-by-server'
import { wholeText, type Growing } from '~/utils/spoken-as-written'

export interface Readable {
  id: string
  conversationId: string
  content: string
  /** Of one that is still being written, where `readsEarly`. */
  growing?: Growing
}

/** What is being read in this tab, one at a time. `waits`: how far its making is; null while it is heard. */
const reading = shallowRef<{ messageId: string, waits: number | null } | null>(null)
const hasVoice = ref(false)
let running = new AbortController()
let player: HTMLAudioElement | undefined

/** A moment of silence: some browsers let a page play later only what it began to play at a touch. */
const silence = 'data:audio/wav;base64,UklGRnQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YVAAAACAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgA=='

function openPlayer(): HTMLAudioElement {
  player ??= new Audio()
  return player
}

/** Where the server's reading of a message is asked for. */
function serverParts(api: ReturnType<typeof useApi>, { id, conversationId }: Readable, waits: SpeakParts['waits']): SpeakParts {
  const path = `/api/conversations/${conversationId}/messages/${id}/speech`
  return {
    player: openPlayer(),
    begin: async () => (await api<{ media: MediaView }>(path, { method: 'POST' })).media,
    renew: async mediaId => (await api<{ media: MediaView[] }>('/api/media', { query: { ids: mediaId } })).media[0] ?? null,
    end: () => { void api(path, { method: 'DELETE' }).catch(() => undefined) },
    on: useSocket().on,
    waits,
  }
}

/** Reads replies aloud: by the server's speech model, or the browser's own voice, or the demo voice, whichever is there first. */
export function useReadAloud() {
  const { speech } = useModels()
  const { say, sayError } = useToasts()
  const api = useApi()
  onMounted(() => { void findVoice().then((voice) => { hasVoice.value = voice !== null }) })

  function stop() {
    running.abort(new DOMException('stopped', 'AbortError'))
    reading.value = null
  }
  const tell = (messageId: string, waits: number | null) => { reading.value = { messageId, waits } }

  /** A reply can be read while it is still being written: a speech model is given it whole, the voice of this device by sentences. */
  const readsEarly = async () => speech.value !== 'model' && await findVoice() !== null

  async function byBest(message: Readable, signal: AbortSignal) {
    const voice = await findVoice()
    if (speech.value === 'model' || !voice) {
      try {
        return await speakByServer(serverParts(api, message, percent => tell(message.id, percent)), signal)
      }
      catch (error) {
        if (!voice || signal.aborted || reading.value?.waits === null) throw error
        say('Your browser’s own voice reads this one.', { description: error instanceof RefusedError ? error.message : undefined })
      }
    }
    signal.throwIfAborted()
    tell(message.id, null)
    await speakByVoice(message.growing ?? wholeText(message.content), voice as SpeechSynthesisVoice, signal)
  }

  /**
   * Reads a message to its end, in place of what is being read.
   * @returns false when it was stopped
   */
  async function read(message: Readable, signal?: AbortSignal): Promise<boolean> {
    stop()
    const mine = running = new AbortController()
    const both = signal ? AbortSignal.any([mine.signal, signal]) : mine.signal
    tell(message.id, 0)
    try {
      await byBest(message, both)
      return true
    }
    catch (error) {
      if (both.aborted) return false
      throw error
    }
    finally {
      if (running === mine) reading.value = null
    }
  }

  /** Lets what is read later be heard; to be called while a touch is being handled. */
  function prime() {
    const element = openPlayer()
    element.src = silence
    void element.play().catch(() => undefined)
  }

  /** Starts reading, or stops when this message is being read. */
  function toggle(message: Readable) {
    if (reading.value?.messageId === message.id) return stop()
    prime()
    read(message).catch(sayError)
  }

  return { supported: computed(() => speech.value !== null || hasVoice.value), reading: computed(() => reading.value), readsEarly, read, prime, toggle, stop }
}
