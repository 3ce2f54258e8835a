import { onBeforeUnmount, onMounted, ref, watch } from 'vue'

/** Older drafts than this are forgotten when a new one is written. */
const keptForMs = 60 * 24 * 3600_000
const keyOf = (conversationId: string) => `parley:draft:${conversationId}`

function read(conversationId: string): string {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(conversationId)) ?? 'null')
    return typeof stored === 'object' && stored !== null && 'text' in stored && typeof stored.text === 'string' ? stored.text : ''
  }
  catch {
    return ''
  }
}

function write(conversationId: string, text: string) {
  try {
    if (text) localStorage.setItem(keyOf(conversationId), JSON.stringify({ text, at: Date.now() }))
    else localStorage.removeItem(keyOf(conversationId))
  }
  catch {
    // Storage full or forbidden: the text stays in the field.
  }
}

function forgetOld() {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith('parley:draft:')) continue
    const at = /"at":(\d+)/.exec(localStorage.getItem(key) ?? '')?.[1]
    if (Number(at ?? 0) < Date.now() - keptForMs) localStorage.removeItem(key)
  }
}

/** The text being written in a conversation, kept in this browser over reloads and crashes. Empty until mounted. */
export function useDraft(conversationId: () => string) {
  const text = ref('')
  onMounted(() => {
    text.value ||= read(conversationId())
    try {
      forgetOld()
    }
    catch {
      // Nothing depends on it.
    }
    watch(conversationId, (id) => { text.value = read(id) })
    const stop = watch(text, value => write(conversationId(), value), { flush: 'sync' })
    onBeforeUnmount(stop)
  })
  return text
}
