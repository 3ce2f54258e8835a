/**
 * Keeps the place of those who use the keyboard. What has the focus is often taken away by what it does: a row deletes
 * itself, a menu's item opens a dialog and is gone when that closes, a stop button becomes a send button. Browsers then
 * put the focus at the beginning of the page, and who hears the page is told nothing.
 */

/** How far back a place is looked for: a button, its menu's item, what that opened, and what was opened there. */
const remembered = 8
/** Whoever puts the focus somewhere by design does it by then. */
const patienceMs = 150

interface Stay { element: HTMLElement, ancestors: Element[], left: number, top: number }

const canFocus = 'a[href], button:not(:disabled), input:not(:disabled, [type="hidden"]), textarea:not(:disabled), select:not(:disabled), summary, [tabindex="0"]'
/** What lies behind an open dialog is hidden from those who hear the page, too. */
const isUsable = (element: HTMLElement) => element.isConnected && !element.matches(':disabled') && !element.closest('[aria-hidden="true"]') && element.checkVisibility()

function stayAt(element: HTMLElement): Stay {
  const ancestors: Element[] = []
  for (let at = element.parentElement; at; at = at.parentElement) ancestors.push(at)
  const { left, top } = element.getBoundingClientRect()
  return { element, ancestors, left, top }
}

/** What stands nearest to where it was, within the smallest part of the page that is left of what was around it. */
function nearTo({ ancestors, left, top }: Stay): HTMLElement | null {
  const rest = ancestors.find(ancestor => ancestor.isConnected)
  if (!rest?.closest('main, nav, [role="dialog"]')) return null
  // From a message, and from the buttons of the field, one goes on in the field. Where it would bring up a keyboard, nobody has this one.
  if (rest.closest('.conversation') || (rest.closest('.composer') && !rest.matches('ul'))) return rest.closest('main')?.querySelector<HTMLElement>('.composer textarea') ?? null
  const distance = (element: HTMLElement) => {
    const place = element.getBoundingClientRect()
    return Math.hypot(place.left - left, place.top - top)
  }
  for (let around: Element | null = rest; around && around !== document.body; around = around.parentElement) {
    const found = [...around.querySelectorAll<HTMLElement>(canFocus)].filter(isUsable)
    if (found.length > 0) return found.reduce((best, next) => distance(next) < distance(best) ? next : best)
  }
  return null
}

const isLost = (element: HTMLElement) => {
  const { activeElement } = document
  return (activeElement === document.body || activeElement === element) && !isUsable(element)
}

/** Watches over the focus from now on. */
export function keepFocus(): void {
  const stays: Stay[] = []
  let timer: ReturnType<typeof setTimeout> | undefined

  function land() {
    const last = stays.at(-1)
    if (!last || !isLost(last.element)) return
    for (const stay of stays.toReversed()) {
      const target = isUsable(stay.element) ? stay.element : nearTo(stay)
      if (!target) continue
      target.focus()
      return
    }
  }
  const observer = new MutationObserver(() => {
    const last = stays.at(-1)
    if (!last || !isLost(last.element)) return
    clearTimeout(timer)
    timer = setTimeout(land, patienceMs)
  })
  let byKeys = false
  function remember(element: EventTarget | null) {
    if (!byKeys || !(element instanceof HTMLElement) || element === document.body || element === stays.at(-1)?.element) return
    stays.push(stayAt(element))
    if (stays.length > remembered) stays.shift()
    observer.disconnect()
    // The field stays, and nothing is to be watched while a reply is written beside it.
    if (!element.matches('.composer textarea')) observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ['disabled'] })
  }
  document.addEventListener('focusin', ({ target }) => remember(target))
  document.addEventListener('keydown', () => {
    byKeys = true
    remember(document.activeElement)
  }, { capture: true })
  // By a pointer one is wherever one points next.
  document.addEventListener('pointerdown', () => {
    byKeys = false
    observer.disconnect()
    stays.length = 0
  }, { capture: true })
}
