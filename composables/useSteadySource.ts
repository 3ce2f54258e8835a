import { useEventListener } from '@vueuse/core'
import { onMounted, type Ref, ref, watch } from 'vue'

/**
 * Gives a player the address of its media, and a new one when that is renewed, without losing the place: a player at
 * rest changes at once, one that plays when it pauses, or when its old address has stopped working.
 */
export function useSteadySource(player: Ref<HTMLMediaElement | null>, address: () => string | null, renew: () => Promise<boolean>) {
  /** The address on the element. */
  const src = ref(address())
  const failed = ref(false)

  async function swap() {
    const next = address()
    const element = player.value
    if (!element || !next || next === src.value) return
    const { currentTime, playbackRate, paused } = element
    const begun = currentTime > 0 || !paused
    src.value = next
    failed.value = false
    if (!begun) return
    element.addEventListener('loadedmetadata', () => {
      element.currentTime = currentTime
      element.playbackRate = playbackRate
      if (!paused) void element.play().catch(() => undefined)
    }, { once: true })
  }

  onMounted(() => watch(address, (next) => {
    const element = player.value
    if (!src.value || failed.value || !element || element.paused) void swap()
    else if (!next) src.value = null
  }))
  useEventListener(player, 'pause', () => { if (!player.value?.seeking) void swap() })
  useEventListener(player, 'error', async () => {
    failed.value = true
    if (await renew()) void swap()
  })
  useEventListener(player, 'loadedmetadata', () => { failed.value = false })
  return { src, failed }
}
