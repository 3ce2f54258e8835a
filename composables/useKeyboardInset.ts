import { useEventListener } from '@vueuse/core'
import { onMounted } from 'vue'

/** Keeps `--keyboard-inset` on the root: how much of the window an on-screen keyboard covers, where the window doesn't shrink for it (iOS). */
export function useKeyboardInset() {
  onMounted(() => {
    const viewport = window.visualViewport
    if (!viewport) return
    const measure = () => {
      // A pinch also shrinks the visual viewport; that is no keyboard.
      const covered = viewport.scale > 1.05 ? 0 : Math.max(0, window.innerHeight - viewport.height - viewport.offsetTop)
      document.documentElement.style.setProperty('--keyboard-inset', `${Math.round(covered)}px`)
    }
    useEventListener(viewport, 'resize', measure)
    useEventListener(viewport, 'scroll', measure)
    measure()
  })
}
