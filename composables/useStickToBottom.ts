import { useEventListener, useResizeObserver } from '@vueuse/core'
import { nextTick, onMounted, type Ref, ref } from 'vue'

/** How near the end, in pixels, still counts as there. */
const tolerance = 8

/** How long what stands around a message that was jumped to may take to be drawn. */
const settleMs = 1500

/** Where a reader was, kept per conversation while the page lives: a message and its distance from the top; null at the end. */
const places = new Map<string, { id: string, top: number } | null>()

/** The first of the messages, in their order, whose end is below the top edge. */
function firstBelow(all: ArrayLike<HTMLElement>, topOf: (element: HTMLElement) => number): HTMLElement | undefined {
  let low = 0
  let high = all.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    const element = all[middle]
    if (element && topOf(element) + element.offsetHeight > 0) high = middle
    else low = middle + 1
  }
  return all[low]
}

/**
 * Keeps a reader where they are. The scroller must be `flex-direction: column-reverse` with one child (`content`): then the
 * end is `scrollTop` 0, the browser follows it by itself, and a page is at its end before any script runs. Away from
 * the end, the message at the top edge keeps its place on screen whatever grows, loads or is put in above or below it.
 * Messages are the elements with `data-message-id`; `isEnd` says whether the last of them is the last there is, `reveal` has one drawn.
 */
export function useStickToBottom(scroller: Ref<HTMLElement | null>, content: Ref<HTMLElement | null>, { key, isEnd, reveal }: { key: () => string, isEnd: () => boolean, reveal: (id: string) => Promise<unknown> }) {
  const atEnd = ref(true)
  let settling: HTMLElement | null = null
  let anchor: { element: HTMLElement, top: number, scrollTop: number } | null = null

  const messages = () => content.value?.querySelectorAll<HTMLElement>('[data-message-id]') ?? []
  const topOf = (element: HTMLElement) => element.getBoundingClientRect().top - (scroller.value?.getBoundingClientRect().top ?? 0)

  function findAnchor() {
    const element = firstBelow(messages(), topOf)
    anchor = element ? { element, top: topOf(element), scrollTop: scroller.value?.scrollTop ?? 0 } : null
  }

  /** Takes back whatever moved the anchor other than scrolling. */
  function hold() {
    if (!scroller.value || !anchor?.element.isConnected) return
    const moved = topOf(anchor.element) - (anchor.top - (scroller.value.scrollTop - anchor.scrollTop))
    if (Math.abs(moved) < 1) return
    scroller.value.scrollTop += moved
    // From here on, or the event of this very scrolling would take it back once more.
    anchor = { ...anchor, top: topOf(anchor.element), scrollTop: scroller.value.scrollTop }
  }

  function remember() {
    if (!scroller.value) return
    if (settling && anchor?.element === settling && Math.abs(scroller.value.scrollTop - anchor.scrollTop) < 1) return hold()
    // The layout may have changed since the last frame, and this event come before the observer's.
    hold()
    atEnd.value = isEnd() && Math.abs(scroller.value.scrollTop) <= tolerance
    if (atEnd.value) anchor = null
    else findAnchor()
    const id = anchor?.element.dataset.messageId
    places.set(key(), anchor && id ? { id, top: anchor.top } : null)
  }

  /** Brings a message into view; false when it isn't there. */
  async function scrollToMessage(id: string, at?: number): Promise<boolean> {
    await reveal(id)
    await nextTick()
    const element = [...messages()].find(message => message.dataset.messageId === id)
    if (!element || !scroller.value) return false
    const place = at ?? Math.min(80, scroller.value.clientHeight / 4)
    scroller.value.scrollTop += topOf(element) - place
    remember()
    // What is first drawn here gets its true height now, also right above it: the message itself is held, not what is on top.
    anchor = { element, top: place, scrollTop: scroller.value.scrollTop }
    settling = element
    setTimeout(() => { settling = null }, settleMs)
    return true
  }

  /** At once: a gliding scroll would never catch up with an end that moves away. */
  async function jumpToEnd() {
    await nextTick()
    anchor = null
    scroller.value?.scrollTo({ top: 0, behavior: 'instant' })
    remember()
  }

  useEventListener(scroller, 'scroll', remember, { passive: true })
  useResizeObserver(content, hold)
  onMounted(() => {
    const place = places.get(key())
    if (place) void scrollToMessage(place.id, place.top)
    else remember()
  })
  return { atEnd, hold, jumpToEnd, scrollToMessage }
}
