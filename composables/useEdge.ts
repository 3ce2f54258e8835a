import { useIntersectionObserver } from '@vueuse/core'
import { nextTick, type Ref, ref } from 'vue'

/** How far outside the view an edge counts as near, in pixels. */
const nearPx = 600

/** After the next frame: what was drawn is laid out, and observers have looked. */
const afterFrame = () => new Promise<void>(resolve => requestAnimationFrame(() => setTimeout(resolve)))

/** While the element is near the view, calls `extend` until it no longer is, or there is nothing more (false). */
export function useEdge(edge: Readonly<Ref<HTMLElement | null>>, scroller: Readonly<Ref<HTMLElement | null>>, extend: () => Promise<boolean>) {
  const busy = ref(false)
  let near = false
  async function fill() {
    if (busy.value) return
    busy.value = true
    try {
      while (near && await extend()) {
        await nextTick()
        await afterFrame()
      }
    }
    finally { busy.value = false }
  }
  useIntersectionObserver(edge, (entries) => {
    near = entries.at(-1)?.isIntersecting ?? false
    if (near) void fill()
  }, { root: scroller, rootMargin: `${nearPx}px 0px` })
  return busy
}
