import { useEventListener, useResizeObserver } from '@vueuse/core'
import { nextTick, onMounted, type Ref, ref } from 'vue'

/** How near the end, in pixels, still counts as there. */
const tolerance = 8

/** Where a reader was, kept per conversation while the page lives: a message and its distance from the top; null at the end. */
const places = new Map<string, { id: string, top: number } | null>()

type Scroller = Readonly<Ref<HTMLElement | null>>
type Messages = () => ArrayLike<HTMLElement>

const scrollTopOf = (scroller: Scroller) => scroller.value?.scrollTop ?? 0
const topOf = (element: HTMLElement, scroller: Scroller) => element.getBoundingClientRect().top - (scroller.value?.getBoundingClientRect().top ?? 0)

/** The first of the messages, in their order, whose end is below the top edge. */
function firstBelow(all: ArrayLike<HTMLElement>, scroller: Scroller): HTMLElement | undefined {
  let low = 0
  let high = all.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    const element = all[middle]
    if (element && topOf(element, scroller) + element.offsetHeight > 0) high = middle
    else low = middle + 1
  }
  return all[low]
}

/** The message that keeps its place on screen: it stands at `top` as long as the reader stays at `scrollTop`. */
function useAnchor(scroller: Scroller, messages: Messages) {
  let anchor: { element: HTMLElement, top: number, scrollTop: number } | null = null

  /** Where the anchor has to be now that the reader has scrolled. */
  const dueTop = () => anchor ? anchor.top - (scrollTopOf(scroller) - anchor.scrollTop) : 0
  const put = (element: HTMLElement | undefined, top: number) => { anchor = element ? { element, top, scrollTop: scrollTopOf(scroller) } : null }

  /** Takes back whatever moved the anchor other than scrolling. */
  function hold() {
    if (!scroller.value || !anchor?.element.isConnected) return
    const { element } = anchor
    const top = dueTop()
    const moved = topOf(element, scroller) - top
    // Browsers scroll by whole pixels and lines end between them: less than half a one can't be mended.
    if (Math.abs(moved) < 0.5) return
    scroller.value.scrollTop += moved
    // What is left over stays due, or it would add up with everything that grows. Not so what the scroller's ends refused, or
    // it would be taken from the reader's next scrolling.
    const now = topOf(element, scroller)
    put(element, Math.abs(now - top) < 1 ? top : now)
  }

  return {
    hold,
    put,
    /** Takes the message at the top edge, where it stands. */
    find() {
      const element = firstBelow(messages(), scroller)
      put(element, element ? topOf(element, scroller) : 0)
    },
    drop: () => { anchor = null },
    /** Whether the scroller stands where it was put, not where the reader went. */
    isHeld: () => anchor !== null && anchor.element.isConnected && Math.abs(scrollTopOf(scroller) - anchor.scrollTop) < 1,
    place: () => anchor?.element.dataset.messageId ? { id: anchor.element.dataset.messageId, top: anchor.top } : null,
    /**
     * Holds the reader over a change of what is drawn. It may grow at one end and shrink at the other by the same height, which
     * no observer sees, or become so short that the browser itself moves the scroller, which no reader did.
     */
    async holdOver(change: () => boolean): Promise<boolean> {
      const top = dueTop()
      const changed = change()
      await nextTick()
      if (changed && anchor) put(anchor.element, top)
      hold()
      return changed
    },
  }
}

/**
 * Keeps a reader where they are. The scroller must be `flex-direction: column-reverse` with one child (`content`): then the
 * end is `scrollTop` 0, the browser follows it by itself, and a page is at its end before any script runs. Away from
 * the end, the message at the top edge keeps its place on screen whatever grows, loads or is put in above or below it.
 * Messages are the elements with `data-message-id`; `isEnd` says whether the last of them is the last there is, `reveal` has one drawn.
 */
export function useStickToBottom(scroller: Scroller, content: Scroller, { key, isEnd, reveal }: { key: () => string, isEnd: () => boolean, reveal: (id: string) => Promise<unknown> }) {
  const atEnd = ref(true)
  const messages = () => content.value?.querySelectorAll<HTMLElement>('[data-message-id]') ?? []
  const anchor = useAnchor(scroller, messages)
  const isAtEnd = () => isEnd() && Math.abs(scrollTopOf(scroller)) <= tolerance

  function remember() {
    if (!scroller.value) return
    const held = anchor.isHeld()
    // The layout may have changed since the last frame, and this event come before the observer's.
    anchor.hold()
    // The event of our own scrolling: only a reader chooses another anchor.
    if (held && !isAtEnd()) return
    atEnd.value = isAtEnd()
    if (atEnd.value) anchor.drop()
    else anchor.find()
    places.set(key(), anchor.place())
  }

  /** Brings a message into view; false when it isn't there. */
  async function scrollToMessage(id: string, at?: number): Promise<boolean> {
    await reveal(id)
    await nextTick()
    const element = [...messages()].find(message => message.dataset.messageId === id)
    if (!element || !scroller.value) return false
    const place = at ?? Math.min(80, scroller.value.clientHeight / 4)
    anchor.drop()
    scroller.value.scrollTop += topOf(element, scroller) - place
    remember()
    // What is first drawn here gets its true height now, also right above it: the message itself is held, not what is on top.
    if (!atEnd.value) anchor.put(element, place)
    anchor.hold()
    return true
  }

  /** At once: a gliding scroll would never catch up with an end that moves away. */
  async function jumpToEnd() {
    await nextTick()
    anchor.drop()
    scroller.value?.scrollTo({ top: 0, behavior: 'instant' })
    remember()
  }

  useEventListener(scroller, 'scroll', remember, { passive: true })
  useResizeObserver(content, anchor.hold)
  onMounted(() => {
    const place = places.get(key())
    if (place) void scrollToMessage(place.id, place.top)
    else remember()
  })
  return { atEnd, holdOver: anchor.holdOver, jumpToEnd, scrollToMessage }
}
