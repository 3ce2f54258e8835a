import { computed, onBeforeUnmount, onMounted, shallowReactive, watch } from 'vue'
import type { MediaView } from '~~/shared/media'

/** What the server said last of each media in use, where that is newer than what the page was given. */
const renewed = shallowReactive(new Map<string, MediaView>())
/** Media on the page: how often, and when its addresses should be renewed (epoch ms). */
const inUse = new Map<string, { users: number, dueAt: number }>()
const perRequest = 50
let timer: ReturnType<typeof setTimeout> | undefined
let waitMs = 1_000

const expiryOf = (media: MediaView): number => Math.min(...[media.original, media.thumbnail, media.poster, media.playable].flatMap(address => address ? [address.expiresAt] : []))

/** Before the end, by a fifth of what is left, at most a minute: long enough for a slow line, short enough not to ask all the time. */
function dueAt(media: MediaView, now: number): number {
  const expiresAt = expiryOf(media)
  if (!Number.isFinite(expiresAt)) return Number.POSITIVE_INFINITY
  return Math.max(now + 1_000, expiresAt - Math.min(60_000, Math.max(1_000, (expiresAt - now) / 5)))
}

function plan() {
  clearTimeout(timer)
  const next = Math.min(...[...inUse.values()].map(use => use.dueAt))
  if (Number.isFinite(next) && document.visibilityState === 'visible') timer = setTimeout(() => void renewDue(), Math.min(Math.max(next - Date.now(), 200), 2 ** 31 - 1))
}

async function fetchFresh(ids: string[]) {
  const { media } = await $fetch<{ media: MediaView[] }>('/api/media', { query: { ids: ids.join(',') } })
  for (const one of media) {
    renewed.set(one.id, one)
    const use = inUse.get(one.id)
    if (use) use.dueAt = dueAt(one, Date.now())
  }
  // What was not answered is gone: it is not asked for again.
  for (const id of ids.filter(id => !media.some(one => one.id === id))) {
    const use = inUse.get(id)
    if (use) use.dueAt = Number.POSITIVE_INFINITY
  }
}

async function renewDue() {
  // Whatever ends soon goes along, so that a page full of media asks once.
  const soon = Date.now() + 5_000
  const ids = [...inUse].filter(([, use]) => use.dueAt <= soon).map(([id]) => id)
  try {
    for (let at = 0; at < ids.length; at += perRequest) await fetchFresh(ids.slice(at, at + perRequest))
    waitMs = 1_000
  }
  catch {
    waitMs = Math.min(waitMs * 2, 30_000)
    for (const id of ids) {
      const use = inUse.get(id)
      if (use) use.dueAt = Date.now() + waitMs
    }
  }
  plan()
}

if (import.meta.client) document.addEventListener('visibilitychange', plan)

/**
 * A media with addresses that work: renewed shortly before they expire while it is on the page, and on demand (`renew`,
 * for when loading failed anyway: a wrong clock, a sleeping laptop).
 */
export function useFreshMedia(source: () => MediaView) {
  const media = computed<MediaView>(() => {
    const given = source()
    const newer = renewed.get(given.id)
    if (!newer || expiryOf(newer) <= expiryOf(given)) return given
    return { ...given, original: newer.original, thumbnail: newer.thumbnail, poster: newer.poster, playable: newer.playable }
  })
  const use = (id: string) => {
    const known = inUse.get(id)
    inUse.set(id, { users: (known?.users ?? 0) + 1, dueAt: dueAt(media.value, Date.now()) })
    plan()
  }
  const leave = (id: string) => {
    const known = inUse.get(id)
    if (!known) return
    if (--known.users > 0) return
    inUse.delete(id)
    renewed.delete(id)
  }
  onMounted(() => {
    use(source().id)
    watch(() => source().id, (id, before) => {
      leave(before)
      use(id)
    })
    watch(() => expiryOf(source()), () => {
      const known = inUse.get(source().id)
      if (known) known.dueAt = dueAt(media.value, Date.now())
      plan()
    })
  })
  onBeforeUnmount(() => leave(source().id))

  let lastTry = 0
  /** Asks for new addresses now; at most once in two seconds. False when it did not work. */
  async function renew(): Promise<boolean> {
    if (Date.now() - lastTry < 2_000) return false
    lastTry = Date.now()
    return fetchFresh([source().id]).then(() => true, () => false)
  }
  return { media, renew }
}
