import { computed, ref } from 'vue'
import type { MessageView } from '~~/shared/conversation'

/** Messages drawn at first, and around one that was jumped to. */
const few = 60
/** Messages drawn at most: a long conversation costs no more than a short one. */
const most = 120
const step = 30

/** Which of the known messages are drawn: a window that moves with the reader. It keeps to the end until it is moved away from it. */
export function useDrawnMessages(messages: () => readonly MessageView[]) {
  /** Ids of the first and the last that are drawn; null: as many as at first, and the newest, whatever comes. */
  const first = ref<string | null>(null)
  const last = ref<string | null>(null)
  const placeOf = (id: string | null) => id === null ? -1 : messages().findLastIndex(message => message.id === id)
  const to = computed(() => {
    const at = placeOf(last.value)
    return at < 0 ? messages().length : at + 1
  })
  const from = computed(() => {
    const at = placeOf(first.value)
    return at < 0 || at >= to.value ? Math.max(0, to.value - few) : Math.max(at, to.value - 2 * most)
  })

  function move(newFrom: number, newTo: number): boolean {
    const all = messages()
    if (newFrom === from.value && newTo === to.value) return false
    first.value = newTo - newFrom === few && newTo >= all.length ? null : all[newFrom]?.id ?? null
    last.value = newTo >= all.length ? null : all[newTo - 1]?.id ?? null
    return true
  }
  return {
    drawn: computed(() => messages().slice(from.value, to.value)),
    above: computed(() => from.value > 0),
    below: computed(() => to.value < messages().length),
    /** Each says whether anything changed. */
    up: () => {
      const newFrom = Math.max(0, from.value - step)
      return move(newFrom, Math.min(to.value, newFrom + most))
    },
    down: () => {
      const newTo = Math.min(messages().length, to.value + step)
      return move(Math.max(from.value, newTo - most), newTo)
    },
    around: (id: string) => {
      const at = placeOf(id)
      if (at < 0 || (at >= from.value && at < to.value)) return
      const newTo = Math.min(messages().length, at + few / 2)
      move(Math.max(0, newTo - few), newTo)
    },
    /** From now on it stays where it is, also when later messages come. */
    keep: () => {
      first.value = messages()[from.value]?.id ?? null
      last.value = messages()[to.value - 1]?.id ?? null
    },
    toEnd: () => {
      first.value = null
      last.value = null
    },
  }
}
