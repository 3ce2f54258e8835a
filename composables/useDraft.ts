import { onBeforeUnmount, onMounted, ref, watch } from 'vue'
import { keepOwn, readOwn } from '~/utils/own-storage'

/** Older drafts than this are forgotten when a new one is written. */
const keptForMs = 60 * 24 * 3600_000

function read(userId: string, conversationId: string): string {
  const stored = readOwn('draft', userId, conversationId)
  return typeof stored === 'object' && stored !== null && 'text' in stored && typeof stored.text === 'string' ? stored.text : ''
}

function forgetOld() {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith('parley:draft:')) continue
    const at = /"at":(\d+)/.exec(localStorage.getItem(key) ?? '')?.[1]
    if (Number(at ?? 0) < Date.now() - keptForMs) localStorage.removeItem(key)
  }
}

/** What was kept, and below it what was typed while the page was still waking up. */
const joined = (kept: string, typed: string): string => kept && typed && kept !== typed ? `${kept}\n${typed}` : kept || typed

/**
 * The text this person is writing in a conversation, kept in this browser over reloads and crashes. Empty until mounted;
 * `typed` gives what stands in the field then.
 */
export function useDraft(conversationId: () => string, typed = () => '') {
  const userId = useOwnId()
  const text = ref('')
  onMounted(() => {
    text.value = joined(read(userId(), conversationId()), text.value || typed())
    try {
      forgetOld()
    }
    catch {
      // Nothing depends on it.
    }
    const keep = (id: string, value: string) => keepOwn('draft', userId(), id, value ? { text: value } : null)
    // A conversation has begun: what is written from then on belongs to it.
    watch(conversationId, (id, before) => {
      keep(before, '')
      keep(id, text.value)
    })
    const stop = watch(text, value => keep(conversationId(), value), { flush: 'sync' })
    onBeforeUnmount(stop)
  })
  return text
}
