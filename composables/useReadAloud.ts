import { computed, readonly, ref } from 'vue'

const speaking = ref<string | null>(null)

/** Markdown as it should be heard: no marks, no code, no addresses. */
export function spokenText(markdown: string): string {
  return markdown
    .replace(/```[\s\S]*?(```|$)/g, ' (code) ')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\$\$[\s\S]*?\$\$/g, ' (formula) ')
    .replace(/^\s{0,3}(#{1,6}|>|[-*+]|\d+\.)\s+/gm, '')
    .replace(/[*_~`|]/g, '')
    .replace(/\n{2,}/g, '.\n')
    .trim()
}

/** Reads messages aloud with the browser's own voice; one at a time. `supported` is false on the server and where there is no voice. */
export function useReadAloud() {
  const supported = ref(false)
  onMounted(() => { supported.value = 'speechSynthesis' in window })

  function stop() {
    speaking.value = null
    window.speechSynthesis.cancel()
  }

  /** Starts reading, or stops when this message is being read. */
  function toggle(messageId: string, markdown: string) {
    const again = speaking.value === messageId
    stop()
    if (again) return
    speaking.value = messageId
    // Chromium goes silent in the middle of long utterances, so each paragraph is its own.
    const pieces = spokenText(markdown).split(/\n+/).filter(piece => piece.trim())
    pieces.forEach((piece, at) => {
      const utterance = new SpeechSynthesisUtterance(piece)
      utterance.lang = document.documentElement.lang || 'en'
      const end = () => {
        if (at === pieces.length - 1 && speaking.value === messageId) speaking.value = null
      }
      utterance.onend = end
      utterance.onerror = end
      window.speechSynthesis.speak(utterance)
    })
    if (pieces.length === 0) speaking.value = null
  }

  return { supported: readonly(supported), speaking: computed(() => speaking.value), toggle, stop }
}
