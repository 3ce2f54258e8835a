type Part = () => Promise<unknown>

/**
 * Fetches parts of the page one after the other once the page is at rest, and again whenever there is a line after a part
 * could not be had, by whoever asked for it. What shows such parts takes the number of times that helped as its key: it is
 * then drawn anew, and they are there without a reload.
 */
export function useLateParts() {
  const cameLate = useState('parts-came-late', () => 0)
  /** True from a part that could not be had until it could; plugins/missed-parts.client.ts sees them. */
  const missed = useState('parts-missed', () => false)

  function fetchParts(list: () => Promise<readonly Part[]>) {
    let missing: Set<Part> | undefined
    async function fetchMissing() {
      try {
        missing ??= new Set(await list())
        for (const part of missing) {
          await part()
          missing.delete(part)
        }
        if (missed.value) cameLate.value++
        missed.value = false
      }
      catch {
        missed.value = true
      }
    }
    onNuxtReady(fetchMissing)
    // Once all have been there, what else is missed is no reason to draw the page anew.
    onScopeDispose(useSocket().on((event) => { if (event.type === 'hello' && missed.value && missing?.size !== 0) void fetchMissing() }))
  }
  return { cameLate, missed, fetchParts }
}
