/** Work of the page that can wait a moment, done in slices, so that typing and scrolling are answered in between. */
import { nextTick } from 'vue'

/** How long one slice may take. */
const sliceMs = 30

const waiting: (() => void)[] = []
let running = false

/** Lets the browser answer inputs and paint. */
const pause = () => new Promise<void>(resolve => setTimeout(resolve))

async function run() {
  running = true
  try {
    for (let work = waiting.pop(), start = performance.now(); work; work = waiting.pop()) {
      work()
      // What it changed is drawn now, and counts.
      await nextTick()
      if (performance.now() - start < sliceMs) continue
      await pause()
      start = performance.now()
    }
  }
  finally { running = false }
}

/** Runs `work` in its turn: what was asked for last goes first, since in a conversation that stands lowest. The answer takes it back. */
export function inTurn(work: () => void): () => void {
  waiting.push(work)
  if (!running) void Promise.resolve().then(() => { if (!running) void run() })
  return () => {
    const at = waiting.indexOf(work)
    if (at >= 0) waiting.splice(at, 1)
  }
}
