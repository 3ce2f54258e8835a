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
  /** Whether somebody wants it to play. A source that fails pauses the element, which nobody did. */
  let wanted = false
  /** Where to go on once the new source is there. */
  let place: Pick<HTMLMediaElement, 'currentTime' | 'playbackRate'> | null = null

  function swap() {
    const next = address()
    const element = player.value
    if (!element || !next || next === src.value) return
    const { currentTime, playbackRate } = element
    if (currentTime > 0 || wanted) place ??= { currentTime, playbackRate }
    src.value = next
    failed.value = false
  }
  function goOn() {
    failed.value = false
    if (!player.value || !place) return
    Object.assign(player.value, place)
    place = null
    if (wanted) void player.value.play().catch(() => undefined)
  }

  onMounted(() => watch(address, (next) => {
    const element = player.value
    if (!src.value || failed.value || !element || element.paused) swap()
    else if (!next) src.value = null
  }))
  useEventListener(player, 'play', () => { wanted = true })
  useEventListener(player, 'pause', () => {
    if (!player.value?.error) wanted = false
    if (!player.value?.seeking) swap()
  })
  useEventListener(player, 'error', async () => {
    failed.value = true
    // Unless it was swapped meanwhile.
    if (await renew() && failed.value) swap()
  })
  useEventListener(player, 'loadedmetadata', goOn)
  return { src, failed }
}
