import { computed, type ComputedRef, onMounted, onScopeDispose, shallowRef, watch } from 'vue'
import type { ColourAnswer, ColouredLine, ColourRequest } from '~/utils/colour-code'
import type { Token } from '~/utils/highlight'

let worker: Worker | undefined
let blocks = 0
const waiting = new Map<number, (answer: ColourAnswer) => void>()

function openWorker(): Worker {
  const opened = new Worker(new URL('../utils/colour-code.worker.ts', import.meta.url), { type: 'module' })
  opened.onmessage = ({ data }: MessageEvent<ColourAnswer>) => {
    waiting.get(data.block)?.(data)
  }
  // It could not be had: code is complete without colours, and the next block tries again.
  opened.onerror = () => {
    waiting.clear()
    worker = undefined
  }
  return opened
}
const tell = (request: ColourRequest) => { (worker ??= openWorker()).postMessage(request) }

/** Lines of code as they can be shown now: a line that grew keeps its colours, with what is new plain for a moment. */
function showLines(code: string, coloured: ColouredLine[], before: ColouredLine[] = []): ColouredLine[] {
  return code.split('\n').map((text, at) => {
    const known = coloured[at]
    if (known?.text === text) return known
    const shown = before[at]
    if (shown?.text === text) return shown
    return known && text.startsWith(known.text) ? { text, tokens: [...known.tokens, { text: text.slice(known.text.length), style: {} }] } : { text, tokens: [{ text, style: {} }] }
  })
}

/** The lines of a block of code, coloured a moment after it stands there, by another thread. */
export function useCodeColours(code: () => string, language: () => string): ComputedRef<Token[][]> {
  const coloured = shallowRef<ColouredLine[]>([])
  const shown = computed<ColouredLine[]>(before => showLines(code(), coloured.value, before))
  let block = 0

  function forget() {
    if (block) tell({ block, language: '', code: null })
    waiting.delete(block)
    block = 0
  }
  /** One question at a time: what grew in the meantime is asked for with the answer. */
  function ask() {
    if (!block || waiting.has(block)) return
    const asked = code()
    waiting.set(block, ({ from, lines }) => {
      waiting.delete(block)
      coloured.value = [...coloured.value.slice(0, from), ...lines]
      if (code() !== asked) ask()
    })
    tell({ block, language: language(), code: asked })
  }
  onMounted(() => {
    watch(language, (name) => {
      forget()
      coloured.value = []
      if (name && typeof Worker !== 'undefined') block = ++blocks
      ask()
    }, { immediate: true })
    watch(code, ask)
  })
  onScopeDispose(forget)
  return computed(() => shown.value.map(line => line.tokens))
}
