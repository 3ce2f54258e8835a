import { nextTick, onScopeDispose, type Ref, ref, watch } from 'vue'
import { betweenKeys } from '~/utils/between-keys'

/** A text that grows is drawn this often at most. */
const everyMs = 50
/** And no more than one part in so many of the time is spent on drawing it, however slow the device. */
const share = 4

/** The text as it is drawn: at once, or while it `grows` as often as this device can, between the keys of somebody who types. */
export function useCalmText(text: () => string, grows: () => boolean): Ref<string> {
  const shown = ref(text())
  let timer: ReturnType<typeof setTimeout> | undefined
  let takeBack: (() => void) | undefined
  let pauseMs = everyMs

  function stop() {
    clearTimeout(timer)
    takeBack?.()
    timer = takeBack = undefined
  }
  async function show() {
    stop()
    const start = performance.now()
    shown.value = text()
    await nextTick()
    pauseMs = Math.max(everyMs, share * (performance.now() - start))
  }
  if (import.meta.client) {
    watch([text, grows], () => {
      if (!grows()) void show()
      else timer ??= setTimeout(() => { takeBack = betweenKeys(() => void show()) }, pauseMs)
    })
    onScopeDispose(stop)
  }
  return shown
}
