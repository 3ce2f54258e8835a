/** Work that takes a moment and would hold up somebody who types: it is begun right after a key was answered, when there is most time until the next. */

/** Who has not touched a key for so long types no more. */
const typingMs = 400
/** However slowly one types, it waits no longer. */
const longestMs = 300

let lastKey = -Infinity
let listening = false
const waiting = new Set<() => void>()

function onKey() {
  lastKey = performance.now()
  // The next frame paints the key's letter; behind it there is room.
  requestAnimationFrame(() => setTimeout(() => { for (const work of [...waiting]) work() }))
}

function listen() {
  listening = true
  // Of the page itself, for as long as it lives: some work is always waiting for a key while a reply is written.
  addEventListener('keydown', onKey, { capture: true, passive: true })
}

/** Runs `work` at once, or, while somebody types, behind their next key. The answer takes it back. */
export function betweenKeys(work: () => void): () => void {
  if (!listening) listen()
  if (performance.now() - lastKey > typingMs) {
    work()
    return () => undefined
  }
  const run = () => {
    stop()
    work()
  }
  const timer = setTimeout(run, longestMs)
  const stop = () => {
    clearTimeout(timer)
    waiting.delete(run)
  }
  waiting.add(run)
  return stop
}
